local policy = require "policy"
local t = { a=1, b=2 }
return { admit=function(f) local found for k, v in pairs(t) do if v > 0 then found = k break end end return policy.refuse("x", found) end }
