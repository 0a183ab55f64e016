local policy = require "policy"
return { admit=function(f) if policy.check(f.peer.ip == "1", "is one") then return policy.accept() end return policy.refuse("x") end }
