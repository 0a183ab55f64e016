local policy = require "policy"
return { admit=function(f) local ok, v = pcall(function(x) return x.adress end, f.peer) return policy.accept() end }
