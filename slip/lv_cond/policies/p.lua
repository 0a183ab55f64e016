local policy = require "policy"
local function no(f) if f.peer.ip == "1" then return policy.refuse("x") end end
return { admit=function(f) if no(f) then end return policy.accept() end }
