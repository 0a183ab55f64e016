local policy = require "policy"
local t = { a = 1 }
return { admit=function(f) if t then return policy.accept() end return policy.refuse("x") end }
