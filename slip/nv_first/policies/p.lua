local policy = require "policy"
return { admit=policy.first{ function(f) if f.peer.ip then return policy.accept() end end } }
