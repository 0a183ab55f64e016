local policy = require "policy"
local t = {}
return { admit=function(f) return policy.refuse("x", tostring(t)) end }
