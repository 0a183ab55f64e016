local policy = require "policy"
local C = { a = "Not A Code" }
return { admit=function(f) return policy.refuse(C.a) end }
