local policy = require "policy"
return { admit=function(f) if policy.check("a", f.peer.ip == f.peer.ip) then return policy.accept() end return policy.refuse("x") end }
