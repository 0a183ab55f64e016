local policy = require "policy"
local M = {}
function M:admit2(f) return f.adress end
return { admit=function(f) return M:admit2(f.peer) and policy.accept() or policy.refuse("x") end }
