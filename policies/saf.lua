-- SPDX-License-Identifier: Apache-2.0
-- saf: users, groups and profiles for trying things out: region { saf = "policies/saf.lua" }. Data, no policy: nothing here is asked. The
-- other scripts of this directory that ask a saf (netaccess, mro_bind, saf_attach) and certuser's user IDs fit it.
--
-- Passwords, which everybody knows who can read this: FRED fred-demo, ANNA anna-demo. `sallyport passwd` prints a hash for yours.
-- A profile's name may hold % (one character), * (within a qualifier, or one qualifier) and ** (any qualifiers); the most specific one
-- decides alone.

return {
  revoke = 5, -- wrong passwords of a user by one partner; 10 times as many by all partners revoke the user everywhere

  users = {
    CICSUSER = {}, -- the default user
    CICSA = {}, -- the region's own: regionuser, where nothing is said the applid
    CICSBUSR = { groups = { "REGIONS" } }, -- the partner regions' and gateways', as certuser maps their certificates
    CTGUSER = { groups = { "GATEWAYS" } },
    SECONDCA = {},
    PAYUSER = { groups = { "PAYROLL" } },
    FRED = {
      password = "scrypt:14:8:1:rP_FoNMI8rV13DG4vsujnA:Eticydfi797kn9VcTh5XrkSJMLv4klVAgBMDV81OTSc",
      groups = { "TELLERS" },
    },
    ANNA = {
      password = "scrypt:14:8:1:i7gfjgMg1_lXpMq8RVk0SQ:KGJii_zbNmO7rKoEBQdS4OKiwaEEF8Zegk_DqlZbUbk",
      groups = { "TELLERS", "PAYROLL" },
    },
    LEAVER = { revoked = true, groups = { "TELLERS" } },
  },

  classes = {
    -- Which zones of the network the region may talk to (netaccess).
    SERVAUTH = {
      ["EZB.NETACCESS.SYS1.TCPIP.LOOPBACK"] = { permit = { CICSA = "read" } },
      ["EZB.NETACCESS.SYS1.TCPIP.OFFICE"] = { permit = { CICSA = "read" } },
      ["EZB.NETACCESS.*.*.GUESTS"] = { uacc = "none" },
    },

    -- Who may be which region, and who may connect to it (mro_bind).
    FACILITY = {
      ["DFHAPPL.CICSA"] = { permit = { CICSA = "update", REGIONS = "read", GATEWAYS = "read" } },
      ["DFHAPPL.CICSB"] = { permit = { CICSBUSR = "update", CICSA = "read" } },
      ["DFHAPPL.CTG*"] = { permit = { CTGUSER = "update", CICSA = "read" } },
    },

    -- Who may attach which transaction (sec = "yes", and saf_attach).
    TCICSTRN = {
      CPMI = { permit = { CICSUSER = "read", TELLERS = "read", PAYROLL = "read", REGIONS = "read", GATEWAYS = "read" } },
      ["PAY*"] = { permit = { PAYROLL = "read", REGIONS = "read" } },
    },

    -- Programs that not everybody may run who may attach the transaction (saf_attach).
    MCICSPPT = {
      ["PAY*"] = { permit = { PAYROLL = "read", REGIONS = "read" } },
    },
  },
}
