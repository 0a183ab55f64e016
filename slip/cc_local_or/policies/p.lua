local policy = require "policy"
return { admit=function(f) local ok = f.peer.ip == "1" or "2" if ok then return policy.accept() end return policy.refuse("x") end }
