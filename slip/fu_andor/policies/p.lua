local policy = require "policy"
return { admit=function(f) local a = f.way == "in" and f.peer or f.own return a.adress and policy.accept() or policy.refuse("x") end }
