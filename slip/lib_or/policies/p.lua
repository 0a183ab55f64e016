local policy = require "policy"
local p = policy or {}
return { admit=function(f) return p.acept() end }
