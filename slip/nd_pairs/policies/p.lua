local policy = require "policy"
local t = { a=1, b=2 }
return { admit=function(f) for k, v in pairs(t) do if v > 0 then return policy.refuse("x", k) end end return policy.accept() end }
