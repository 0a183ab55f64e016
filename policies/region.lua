-- SPDX-License-Identifier: Apache-2.0
-- The demo region, `make run`: NETA.CICSA on the loopback. `sallyport check` reads this file and says what is wrong with it.

region {
  applid = "CICSA", networkid = "NETA", ring = "../certs/rings/CICSA", dfltuser = "CICSUSER", control = "../run/CICSA.sock",
  saf = "saf.lua", -- its users' passwords stand in it: a demo
}

-- Anybody near, without TLS, as CICS does it when nobody has thought about it: for the first try with curl. `check` warns of it.
tcpipservice "IPICDEMO" {
  host = "127.0.0.1", portnumber = 1490,
  admit = "lan", urm = "dfhisaip",
}

-- Known partners, each under its own name; clients of NETX get a copy of the template below.
tcpipservice "IPICSEC" {
  host = "127.0.0.1", portnumber = 1491,
  ssl = "clientauth", certificate = "CICSA",
  admit = "lan", certify = "pinned", bind = "partners", urm = "dfh_isai",
}

-- For dfh_isai: the name is the partner's network id, the APPLID the partner's.
ipconn "NETX" { applid = "CTGAPP", template = "only", receivecount = 10, userauth = "verify" }

-- For quarantine: put urm = "quarantine" in place of a listener's urm, and unknown partners come in, one session each.
ipconn "QUARANT" { template = "only", receivecount = 1, userauth = "verify" }

-- What requests may run: the data back, and what the region knows of who asks.
program "ECHO" {}
program "WHOAMI" {}
