local policy = require "policy"
return { admit=function(f) while f.peer.ip == "1" or "2" do return policy.accept() end return policy.refuse("x") end }
