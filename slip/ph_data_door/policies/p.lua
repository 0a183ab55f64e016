local policy = require "policy"
return { admit=function(f) local z = policy.data("p.csv", {key="a"}) return z:find("x") and policy.accept() or policy.refuse("x") end }
