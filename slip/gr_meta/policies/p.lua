local policy = require "policy"
local t = setmetatable({}, { __index=function() return nope end })
return { admit=function(f) local x = t.a return policy.accept() end }
