local policy = require "policy"
return { admit=function(f) return os.time() > 1 and policy.accept() or policy.refuse("x") end }
