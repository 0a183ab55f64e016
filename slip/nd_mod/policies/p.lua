local policy = require "policy"
local M = { n = 0 }
function M.admit(f) M.n = M.n + 1 return M.n > 3 and policy.refuse("x") or policy.accept() end
return M
