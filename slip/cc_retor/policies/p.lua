local policy = require "policy"
return { admit=function(f) return (f.peer.ip == "1" or "2") and policy.accept() or policy.refuse("x") end }
