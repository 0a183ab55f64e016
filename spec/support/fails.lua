-- SPDX-License-Identifier: Apache-2.0
-- fails: asserts that f(...) raises an error whose message has the text, and returns the message.
local assert = require "luassert"

return function(text, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.message(message).is_truthy(message:find(text, 1, true))
  return message
end
