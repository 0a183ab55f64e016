-- SPDX-License-Identifier: Apache-2.0
-- run --slim-provider, run --no-free-lists: the same handshakes and refusals as without. With the first one a region starts nowhere where
-- OpenSSL is configured otherwise.
local support = require "spec.support"

local CONFIGURED = [[
openssl_conf = start
[start]
providers = providers
[providers]
default = own
[own]
activate = 1
]]

local OPTIONS = { { "--slim-provider" }, { "--no-free-lists" }, { "--slim-provider", "--no-free-lists" } }

describe("run with options about CPU", function()
  local region

  local function define(arguments)
    region = support.region {
      arguments = arguments,
      region = { sec = "yes" }, saf = support.read "policies/saf.lua",
      tcpipservices = { T = { ssl = "clientauth", urm = "dfhisaip" } }, policies = { "dfhisaip" },
    }
  end
  after_each(function() region:stop() end)

  for _, arguments in ipairs(OPTIONS) do
    for _, version in ipairs { "1.2", "1.3" } do
      it(("accepts and refuses the same partners, %s, TLS %s"):format(table.concat(arguments, " "), version), function()
        define(arguments)
        region:start()
        local outcomes = {}
        for _, ring in ipairs { "NETX.CTGAPP", "revoked", "expired", "otherca" } do
          local answer, _, err = support.connect { port = region:port "T", ring = ring, ["tls" .. version] = true }
          assert.is_truthy(answer, err)
          outcomes[#outcomes + 1] = answer.accepted and "accepted" or answer.alert
        end
        assert.same({ "accepted", "certificate_revoked", "certificate_expired", "unknown_ca" }, outcomes)
      end)
    end
  end

  it("ends the start where the configuration of OpenSSL chooses providers", function()
    define { "--slim-provider" }
    local file = region:path "openssl.cnf"
    support.write(file, CONFIGURED)
    region.given.wrapper = { "env", "OPENSSL_CONF=" .. file }
    local status, log = region:start_and_end()
    assert.equal(1, status)
    assert.matches("run: %-%-slim%-provider: the configuration of OpenSSL on this machine .-; start without it", log)
  end)
end)
