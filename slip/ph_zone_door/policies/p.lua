local policy = require "policy"
return { admit=function(f) local z = policy.zone "Europe/Berlin" return z:at(f.now).hour > 3 and policy.accept() or policy.refuse("x") end }
