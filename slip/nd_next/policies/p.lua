local policy = require "policy"
local t = { a=1, b=2 }
return { admit=function(f) local k = next(t) return policy.refuse("x", k) end }
