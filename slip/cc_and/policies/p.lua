local policy = require "policy"
return { admit=function(f) if policy.check("a", f.peer.ip == "1" and false) then return policy.accept() end return policy.refuse("x") end }
