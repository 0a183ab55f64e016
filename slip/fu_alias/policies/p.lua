local policy = require "policy"
return { admit=function(f) local p = f.peer return p.adress and policy.accept() or policy.refuse("x") end }
