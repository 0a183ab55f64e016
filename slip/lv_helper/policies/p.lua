local policy = require "policy"
local function no() return policy.refuse("x") end
return { admit=function(f) if f.peer.ip=="1" then no() end return policy.accept() end }
