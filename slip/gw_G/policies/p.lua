local policy = require "policy"
return { admit=function(f) _G.foo = 1 return policy.accept() end }
