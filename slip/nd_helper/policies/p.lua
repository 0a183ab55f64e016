local policy = require "policy"
local seen = {}
local function note(ip) seen[ip] = true end
return { admit=function(f) note(f.peer.ip) return policy.accept() end }
