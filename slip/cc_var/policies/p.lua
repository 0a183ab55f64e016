local policy = require "policy"
local T = true
return { admit=function(f) if policy.check("a", T) then return policy.accept() end return policy.refuse("x") end }
