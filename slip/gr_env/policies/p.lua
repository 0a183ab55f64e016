local policy = require "policy"
return { admit=function(f) local x = _ENV.nope return policy.accept() end }
