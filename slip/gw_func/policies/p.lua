local policy = require "policy"
return { admit=function(f) function foo() end return policy.accept() end }
