-- SPDX-License-Identifier: Apache-2.0
std = "lua54"
max_line_length = 140
max_cyclomatic_complexity = 14

-- What a policy can reach, and nothing else: a global it sets, or reads by a typo, is found here before a region finds it.
local function any(names)
  local fields = {}
  for name in names:gmatch("%S+") do fields[name] = {} end
  return { fields = fields }
end

stds.policy = {
  read_globals = {
    "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset",
    "require", "select", "setmetatable", "tonumber", "tostring", "type", "xpcall", "_VERSION",
    math = any "abs ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad sin sqrt tan tointeger type ult acos asin atan",
    string = any "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper",
    table = any "concat insert move pack remove sort unpack",
    utf8 = any "char charpattern codepoint codes len offset",
  },
}

stds.definition = { globals = { "region", "tcpipservice", "ipconn", "program", "transaction", "include", "env" } }

files["lua"] = { std = "policy" }
files["policies"] = { std = "policy" }
files["policies/region.lua"] = { std = "definition" }
files["engine/packaging/example"] = { std = "definition" }
files["lua/init/region.lua"] = { std = "definition" }
files["spec"] = { std = "lua54+busted" }
-- Written to misbehave; declarations without code.
exclude_files = { "spec/hostile", "lua/types" }
