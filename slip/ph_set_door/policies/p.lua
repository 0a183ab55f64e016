local policy = require "policy"
local ip = require "policy.ip"
return { admit=function(f) local s = ip.set{"10.0.0.0/8"} return s:contains(f.peer.ip) and policy.accept() or policy.refuse("x") end }
