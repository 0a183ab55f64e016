local policy = require "policy"
local seen = {}
return { admit=function(f) rawset(seen, f.peer.ip, true) return policy.accept() end }
