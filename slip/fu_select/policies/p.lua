local policy = require "policy"
return { admit=function(f) local a = select(1, f.peer) return a.adress and policy.accept() or policy.refuse("x") end }
