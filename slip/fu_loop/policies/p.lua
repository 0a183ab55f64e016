local policy = require "policy"
return { admit=function(f) for _, e in ipairs({f.peer}) do if e.adress then return policy.accept() end end return policy.refuse("x") end }
