local policy = require "policy"
return { admit=policy.when(function(f) return f.peer.adress end, function(f) return policy.accept() end) }
