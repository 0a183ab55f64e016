local policy = require "policy"
return { admit=function(f) if policy.check("a", 1 == 1) then return policy.accept() end return policy.refuse("x") end }
