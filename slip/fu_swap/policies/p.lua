local policy = require "policy"
return { admit=function(f) local a, b = f.peer, f.own return a.adress and policy.accept() or policy.refuse("x") end }
