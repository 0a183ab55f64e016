local policy = require "policy"
local n = 0
return { admit=function(f) n = n + 1 return n > 3 and policy.refuse("x") or policy.accept() end }
