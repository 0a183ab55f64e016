local policy = require "policy"
return { admit=function(f) return true end }
