local policy = require "policy"
return { admit=function(f) local k = "adress" return f.peer[k] and policy.accept() or policy.refuse("x") end }
