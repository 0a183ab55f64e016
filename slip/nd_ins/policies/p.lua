local policy = require "policy"
local seen = {}
return { admit=function(f) table.insert(seen, f.peer.ip) return #seen > 3 and policy.refuse("x") or policy.accept() end }
