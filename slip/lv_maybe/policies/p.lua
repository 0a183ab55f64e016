local policy = require "policy"
local function no(f) if f.peer.ip == "1" then return policy.refuse("x") end end
return { admit=function(f) no(f) return policy.accept() end }
