local policy = require "policy"
return { admit=policy.all{ function(f) return policy.refuse("x") end, function(f) return policy.accept() end } }
