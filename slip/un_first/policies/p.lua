local policy = require "policy"
return { admit=policy.first{ function(f) return policy.accept() end, function(f) return policy.refuse("x") end } }
