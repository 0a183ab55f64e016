local policy = require "policy"
local M = { p = policy }
return { admit=function(f) return M.p.acept() end }
