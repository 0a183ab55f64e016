local policy = require "policy"
return { admit=function(f) return policy.refuse("Not A Code") end }
