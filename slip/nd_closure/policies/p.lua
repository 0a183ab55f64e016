local policy = require "policy"
local function mk() local n = 0 return function(f) n = n + 1 return n > 3 and policy.refuse("x") or policy.accept() end end
return { admit=mk() }
