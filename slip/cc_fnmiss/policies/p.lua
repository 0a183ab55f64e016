local policy = require "policy"
return { admit=function(f) if policy.check("a", function() return f.peer.ip == "1" end) then return policy.accept() end return policy.refuse("x") end }
