local policy = require "policy"
return { admit=function(f) goto e do return policy.accept() end ::e:: end }
