local policy = require "policy"
local C = "Not A Code"
return { admit=function(f) return policy.refuse(C) end }
