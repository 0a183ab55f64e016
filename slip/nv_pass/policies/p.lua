local policy = require "policy"
return { admit=function(f) return policy.pass() end }
