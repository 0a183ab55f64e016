local policy = require "policy"
return { admit=function(f) if not (f.peer.ip == "1" or "2") then return policy.refuse("x") end return policy.accept() end }
