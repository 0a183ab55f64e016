local policy = require "policy"
return { admit=function(f) do error("x") end return policy.accept() end }
