local policy = require "policy"
policy.note("a",1)
return { admit=function(f) return policy.accept() end }
