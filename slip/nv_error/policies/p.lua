local policy = require "policy"
return { admit=function(f) if f.peer.ip == "x" then return policy.accept() end error("x") end }
