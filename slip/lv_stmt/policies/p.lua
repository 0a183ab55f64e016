local policy = require "policy"
return { admit=function(f) if f.peer.ip=="1" then policy.refuse("x") end return policy.accept() end }
