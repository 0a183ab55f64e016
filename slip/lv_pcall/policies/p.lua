local policy = require "policy"
return { admit=function(f) pcall(policy.refuse, "x") return policy.accept() end }
