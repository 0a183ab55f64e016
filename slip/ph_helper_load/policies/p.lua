local policy = require "policy"
local c = policy.counter("x")
local function g() return c:next{min=1,max=2} end
local n = g()
return { admit=function(f) return policy.accept() end }
