local policy = require "policy"
return { admit=function(f) local v = policy.refuse("x") return policy.accept() end }
