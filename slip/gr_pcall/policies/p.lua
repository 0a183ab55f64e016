local policy = require "policy"
return { admit=function(f) pcall(function() return nope.x end) return policy.accept() end }
