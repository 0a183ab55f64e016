local policy = require "policy"
return { admit=function(f) return f.peer.ip == "1" and policy.accept() end }
