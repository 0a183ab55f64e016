local policy = require "policy"
return { admit=function(f) if policy.check("a", true) then return policy.accept() end return policy.refuse("x") end }
