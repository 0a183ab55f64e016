local policy = require "policy"
local function g() return policy.acept() end
return { admit=function(f) return policy.accept() end }
