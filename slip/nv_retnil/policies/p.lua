local policy = require "policy"
return { admit=function(f) return nil end }
