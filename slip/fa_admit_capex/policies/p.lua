local policy = require "policy"
return { admit=function(f) return f.capex and policy.accept() or policy.refuse("x") end }
