local policy = require "policy"
return { admit=function(f) if f.peer.ip then return policy.accept() else return policy.refuse("x") end local y = 1 end }
