-- SPDX-License-Identifier: Apache-2.0
-- The demo region of `make run`: NETA.CICSA on the loopback. `sallyport check` reads this file and lists its faults.

region {
  applid = "CICSA", networkid = "NETA", ring = "../certs/rings/CICSA", dfltuser = "CICSUSER", control = "../run/CICSA.sock",
  saf = "saf.lua", -- a demo: the passwords of its users are public
}

-- Every partner of a private network, without TLS, like CICS's defaults: for a first try with curl. `check` warns.
tcpipservice "IPICDEMO" {
  host = "127.0.0.1", portnumber = 1490,
  admit = "lan", urm = "dfhisaip",
}

-- Known partners, each with its own name. Clients of NETX get a copy of the template below.
tcpipservice "IPICSEC" {
  host = "127.0.0.1", portnumber = 1491,
  ssl = "clientauth", certificate = "CICSA",
  admit = "lan", certify = "pinned", bind = "partners", urm = "dfh_isai",
}

-- For dfh_isai: the name is the partner's network id, and the APPLID is the partner's.
ipconn "NETX" { applid = "CTGAPP", template = "only", receivecount = 10, userauth = "verify" }

-- For quarantine: with urm = "quarantine" at a tcpipservice unknown partners come in with one session each.
ipconn "QUARANT" { template = "only", receivecount = 1, userauth = "verify" }

-- The programs for requests: ECHO answers the data, WHOAMI the region's facts about the request.
program "ECHO" {}
program "WHOAMI" {}
