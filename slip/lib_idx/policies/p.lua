local policy = require "policy"
return { admit=function(f) return policy["acept"]() end }
