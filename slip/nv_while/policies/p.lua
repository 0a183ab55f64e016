local policy = require "policy"
return { admit=function(f) while f.peer.ip do return policy.accept() end end }
