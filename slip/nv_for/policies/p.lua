local policy = require "policy"
return { admit=function(f) for i=1,3 do return policy.accept() end end }
