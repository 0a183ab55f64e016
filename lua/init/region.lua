-- SPDX-License-Identifier: Apache-2.0
-- The region NETA.CICSA, written by `sallyport init`. It is data, not code: engine/config/README.md describes each
-- attribute.

region { applid = "CICSA", networkid = "NETA", ring = "rings/CICSA", policies = "policies" }

-- TLS with a certificate of the partner. policies/known.lua decides on the name and on the install.
tcpipservice "IPICSEC" { host = "127.0.0.1", portnumber = 1491, ssl = "clientauth", bind = "known", urm = "known" }

-- The template of the partners that known.lua installs.
ipconn "KNOWN" { template = "only", receivecount = 10 }

-- Answers with the data of the request.
program "ECHO" {}
