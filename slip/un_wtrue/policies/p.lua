local policy = require "policy"
return { admit=function(f) while true do end return policy.accept() end }
