local policy = require "policy"
local function g(x) return x.adress end
return { admit=function(f) return g(f.peer) and policy.accept() or policy.refuse("x") end }
