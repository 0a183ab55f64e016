local policy = require "policy"
local p = policy
return { admit=function(f) return p.acept() end }
