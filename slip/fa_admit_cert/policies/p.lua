local policy = require "policy"
return { admit=function(f) if f.certificate.userid == "X" then return policy.accept() end return policy.refuse("x") end }
