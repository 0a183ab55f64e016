local policy = require "policy"
local seen = {}
return { admit=function(f) if seen[f.peer.ip] then return policy.refuse("x") end seen[f.peer.ip] = true return policy.accept() end }
