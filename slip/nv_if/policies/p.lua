local policy = require "policy"
return { admit=function(f) if f.peer.ip == "1" then return policy.accept() end end }
