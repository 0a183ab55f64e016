local policy = require "policy"
return { admit=function(f) local x = f.peer.ip:uper() return policy.accept() end }
