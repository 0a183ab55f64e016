local policy = require "policy"
local ip = require "policy.ip"
local s = ip.set{"10.0.0.0/8"}
return { admit=function(f) if s:contians(f.peer.ip) then return policy.accept() end return policy.refuse("x") end }
