local policy = require "policy"
return { attach=function(f) policy.note("a",1) return policy.accept() end }
