-- SPDX-License-Identifier: Apache-2.0

local function install(applid, port)
  return { stage = "capex", way = "in",
    capex = { applid = applid, networkid = "MYQUAL", suggested_applid = "00000027", port = port or -1, sendcount = 100 } }
end

local function room(attributes)
  local quarant = { applid = "QUARANT", networkid = "NETA", template = "only", receivecount = 1, userauth = "verify" }
  for key, value in pairs(attributes or {}) do quarant[key] = value end
  return { ipconns = { QUARANT = quarant } }
end

local NO_ROOM = { verdict = "refuse", code = "no_quarantine" }

return {
  { name = "copies the template for an unknown partner", door = "install", facts = install "MYAPPL", mock = room(),
    expect = { verdict = "install", ipconn = "MYAPPL", applid = "MYAPPL", template = "QUARANT" } },
  { name = "takes the suggested APPLID for a blank one", door = "install", facts = install "", mock = room(),
    expect = { verdict = "install", ipconn = "00000027", applid = "00000027", template = "QUARANT" } },
  { name = "accepts a template that runs everything as the default user", door = "install", facts = install "MYAPPL",
    mock = room { userauth = "defaultuser" }, expect = { verdict = "install", template = "QUARANT" } },
  { name = "refuses without the template", door = "install", facts = install "MYAPPL", mock = {}, expect = NO_ROOM },
  { name = "refuses while the template is out of service", door = "install", facts = install "MYAPPL",
    mock = room { servstatus = "OUTSERVICE" }, expect = NO_ROOM },
  { name = "refuses a template that was autoinstalled", door = "install", facts = install "MYAPPL",
    mock = room { autoinstalled = true, template = "OTHER" }, expect = NO_ROOM },
  { name = "refuses a template that trusts the sender's users", door = "install", facts = install "MYAPPL",
    mock = room { userauth = "identify" }, expect = NO_ROOM },
  { name = "refuses a partner that wants to be called back", door = "install", facts = install("MYAPPL", 1491), mock = room(),
    expect = { verdict = "refuse", code = "callback" } },
}
