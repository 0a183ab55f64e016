local policy = require "policy"
return { admit=function(f) return policy.refuse("x" .. "Y") end }
