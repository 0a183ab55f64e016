local policy = require "policy"
local r = policy.first{ function(f) return policy.refuse("x") end }
return { admit=function(f) r(f) return policy.accept() end }
