local policy = require "policy"
local function g(f) if f.peer.ip == "1" then return policy.accept() end end
return { admit=function(f) return g(f) end }
