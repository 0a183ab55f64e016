local policy = require "policy"
return { admit=function(f) return f.notes.x and policy.accept() or policy.refuse("x") end }
