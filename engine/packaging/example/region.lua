-- SPDX-License-Identifier: Apache-2.0
-- The region NETA.CICSA as a service, in place of the region.lua that `sallyport init /etc/sallyport/CICSA` writes. The
-- directories of the paths are those of the unit sallyport@CICSA. sallyport-region(5) describes each attribute.

region {
  applid = "CICSA", networkid = "NETA", ring = "rings/CICSA", policies = "policies",
  control = "/run/sallyport/CICSA/control.sock",
  recovery = "/var/lib/sallyport/CICSA/recovery",  -- log names and resync tokens
  record = "/var/lib/sallyport/CICSA/records.db",  -- each decision, for decisions, explain and replay
  versions = "/var/lib/sallyport/CICSA/versions",  -- the generations, for policy list and policy rollback
}

-- TLS with a certificate of the partner. policies/known.lua decides on the name and on the install.
tcpipservice "IPICSEC" { host = "any", portnumber = 1435, ssl = "clientauth", bind = "known", urm = "known" }

-- The template of the partners that known.lua installs.
ipconn "KNOWN" { template = "only", receivecount = 10 }

-- Answers with the data of the request.
program "ECHO" {}
