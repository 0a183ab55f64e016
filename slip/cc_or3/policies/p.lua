local policy = require "policy"
return { admit=function(f) if f.peer.ip == "1" or "2" or f.peer.ip == "3" then return policy.accept() end return policy.refuse("x") end }
