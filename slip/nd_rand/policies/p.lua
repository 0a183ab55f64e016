local policy = require "policy"
local r = math.random
return { admit=function(f) return r() > 0.5 and policy.accept() or policy.refuse("x") end }
