local policy = require "policy"
local c = policy.counter("x")
local n = c:next{min=1,max=2}
return { admit=function(f) return policy.accept() end }
