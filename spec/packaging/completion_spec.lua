-- SPDX-License-Identifier: Apache-2.0
-- Completion: bash, zsh and fish offer the commands, words and options of the help texts, and the names of the running region.
local lfs = require "lfs"

local support = require "spec.support"
local tree = require "spec.support.tree"

package.path = "engine/packaging/manual/?.lua;" .. package.path
local help = require "help"

local HERE = lfs.currentdir()
local commands = help.commands(support.binary)

-- The completion, made into a directory of its own, with the program beside it under its name.
local function made()
  local dir = HERE .. "/" .. support.directory():gsub("^%./", "")
  local status, out, err = support.run { "lua5.4", "engine/packaging/completion/make.lua", support.binary, dir, dir .. "/complete" }
  assert(status == 0, out .. err)
  assert(support.run { "chmod", "755", dir .. "/complete" } == 0)
  assert(support.run { "ln", "-s", (support.binary:gsub("^%./", HERE .. "/")), dir .. "/sallyport" } == 0)
  return dir
end

local function quoted(words)
  local list = {}
  for i, word in ipairs(words) do list[i] = "'" .. word .. "'" end
  return table.concat(list, " ")
end

-- Each shell as a script that prints its offers for the last of the words behind `sallyport`.
local SHELLS = {
  bash = function(dir, words)
    return { "bash", "--norc", "-c", ([[
      source %s/sallyport.bash
      COMP_WORDS=(%s/sallyport %s) COMP_CWORD=%d
      compopt() { :; }
      _sallyport
      printf '%%s\n' "${COMPREPLY[@]}"]]):format(dir, dir, quoted(words), #words) }
  end,
  -- _describe and _files stand for those of zsh's own completion, which need a terminal.
  zsh = function(dir, words)
    return { "zsh", "-f", "-c", ([[
      _describe() { print -rl -- "${(@)${(P@)4}%%%%:*}" }
      _files() { print -rl -- "${words[CURRENT]}"*(N) }
      complete_sallyport() { source %s/_sallyport }
      words=(%s/sallyport %s) CURRENT=%d
      complete_sallyport]]):format(dir, dir, quoted(words), #words + 1) }
  end,
  fish = function(dir, words)
    local line = table.concat(words, " ")
    return { "fish", "--no-config", "-c", ([[
      set -x PATH %s $PATH
      source %s/sallyport.fish
      complete -C 'sallyport %s']]):format(dir, dir, line) }
  end,
}

-- The offers as a set, without the texts beside them.
local function offers(shell, dir, words)
  local status, out, err = support.run(SHELLS[shell](dir, words))
  assert.message(shell .. ": " .. err).equal(0, status)
  local set = {}
  for line in out:gmatch "[^\n]+" do set[line:match "^[^\t]*"] = true end
  return set
end

-- The set has each of these words.
local function assert_has(set, words)
  for _, word in ipairs(words) do assert.message(word .. " is offered").is_true(set[word]) end
end

describe("the completion's tables", function()
  it("have each option that a command takes, and no other one", function()
    local tried = 0
    for _, command in ipairs(commands) do
      for _, option in ipairs(command.options) do
        tried = tried + 1
        local words = { command.name, option.name, "--help" }
        if option.argument then table.insert(words, 3, "1") end
        local _, _, err = support.sallyport(table.unpack(words))
        assert.message(command.name .. " " .. option.name).is_nil(err:find "unrecognized option" or err:find "requires an argument" or
          err:find "doesn't allow an argument")
      end
    end
    assert.is_true(tried > 100, tried)
  end)

  -- The options of getopt in the sources, each in the help text of one command at least.
  it("have each option of the sources", function()
    local known, found = {}, 0
    for _, command in ipairs(commands) do
      for _, option in ipairs(command.options) do known[option.name] = (option.argument or known[option.name]) and "value" or "alone" end
    end
    for _, path in ipairs(tree.files("engine", "%.c$")) do
      for name, kind in support.read(path):gmatch '{ "([%w.-]+)", (%w+)_argument, NULL' do
        found = found + 1
        assert.message(path .. ": --" .. name).is_truthy(known["--" .. name])
        if kind == "required" then assert.message(path .. ": --" .. name .. " takes a value").equal("value", known["--" .. name]) end
      end
    end
    assert.is_true(found > 80, found)
  end)
end)

for shell in pairs(SHELLS) do
  describe("the completion of " .. shell, function()
    local dir, region

    setup(function()
      dir = made()
      region = support.region { tcpipservices = { IPIC = {}, IPICSEC = {} }, ipconns = { SHOPA = {}, SHOPB = {}, ["PAY$"] = {} },
        programs = { ECHO = {} } }:start()
    end)
    teardown(function()
      region:stop()
      support.remove((dir:gsub("^.*/build", "build")))
    end)

    local function is_there() return support.run { "sh", "-c", "command -v " .. shell } == 0 end
    local function tells(about, fn)
      it(about, function()
        if not is_there() then pending(shell .. " is not installed") end
        fn()
      end)
    end

    tells("offers the commands, and the words of a command", function()
      assert_has(offers(shell, dir, { "" }), { "run", "check", "inquire", "shutdown" })
      assert_has(offers(shell, dir, { "inquire", "" }), { "region", "tcpipservice", "ipconn", "statistics" })
      assert_has(offers(shell, dir, { "set", "tcpipservice", "IPIC", "" }), { "open", "closed", "urm=NO" })
      assert_has(offers(shell, dir, { "set", "ipconn", "SHOPA", "released", "" }), { "purge", "kill" })
      assert_has(offers(shell, dir, { "policy", "" }), { "list", "rollback" })
    end)

    tells("offers the options of the command, and the words of an option", function()
      local options = offers(shell, dir, { "reload", "--" })
      assert_has(options, { "--check", "--note", "--region" })
      assert.is_nil(options["--wide"])
      assert_has(offers(shell, dir, { "run", "--log-format", "" }), { "text", "json" })
      assert_has(offers(shell, dir, { "run", "--watch", "--log-format", "j" }), { "json" })
    end)

    tells("offers files where a file is meant", function()
      assert_has(offers(shell, dir, { "check", "--region", region.dir .. "/reg" }), { region.dir .. "/region.lua" })
    end)

    tells("offers the names of the running region", function()
      local where = region.dir .. "/region.lua"
      assert_has(offers(shell, dir, { "inquire", "--region", where, "ipconn", "" }), { "SHOPA", "SHOPB", "PAY$" })
      assert_has(offers(shell, dir, { "set", "tcpipservice", "--region", where, "IP" }), { "IPIC", "IPICSEC" })
      assert_has(offers(shell, dir, { "policy", "--region", where, "use", "" }), { "1" })
      assert_has(offers(shell, dir, { "decisions", "--region", where, "--ipconn", "SHOP" }), { "SHOPA", "SHOPB" })
      local said = support.connect { port = region:port "IPIC" }
      assert_has(offers(shell, dir, { "explain", "--region", where, "" }), { said.connection })
    end)

    tells("offers no name, and says nothing, when no region runs or it does not answer", function()
      support.write(dir .. "/none.lua", 'region { applid = "CICSZ", networkid = "NETA" }\n')
      assert.same({}, offers(shell, dir, { "inquire", "--region", dir .. "/none.lua", "ipconn", "" }))
      region.process:signal "STOP"
      local began = support.now()
      local set = offers(shell, dir, { "inquire", "--region", region.dir .. "/region.lua", "ipconn", "" })
      region.process:signal "CONT"
      assert.same({}, set)
      assert.is_true(support.now() - began < 5, "a region that hangs delays the shell for about a second")
    end)
  end)
end
