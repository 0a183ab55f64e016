local policy = require "policy"
return { admit=function(f) _ENV.foo = 1 return policy.accept() end }
