local policy = require "policy"
local function ok(f) return f.peer.ip == "1" or "2" end
return { admit=function(f) if ok(f) then return policy.accept() end return policy.refuse("x") end }
