local policy = require "policy"
return { admit=function(f) local function g() return f.peer.adress end return g() and policy.accept() or policy.refuse("x") end }
