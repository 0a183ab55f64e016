local policy = require "policy"
return { admit=function(f) local x = ("a"):uper() return policy.accept() end }
