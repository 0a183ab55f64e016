local policy = require "policy"
return { admit=function(f) local r = policy.rate("x",{count=1,per=1,burst=1}) r:tak(1) return policy.accept() end }
