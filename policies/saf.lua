-- SPDX-License-Identifier: Apache-2.0
-- saf: users, groups and profiles for trying things out: region { saf = "policies/saf.lua" }. This file is data, not a
-- policy. It fits the scripts of this directory that ask a saf (netaccess, mro_bind, saf_attach) and the user IDs of
-- certuser.
--
-- The passwords are public: FRED fred-demo, ANNA anna-demo. `sallyport passwd` prints a hash for yours. In the name of
-- a profile % is one character, * is within a qualifier or one qualifier, and ** is any qualifiers. The most specific
-- profile decides alone.

return {
  revoke = 5, -- wrong passwords of a user from one partner; 10 times as many from all revoke it everywhere

  users = {
    CICSUSER = {}, -- the default user
    CICSA = {}, -- the region's own user: regionuser, by default the applid
    CICSBUSR = { groups = { "REGIONS" } }, -- this and the next three: users that certuser gives
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
    -- The zones of the network to which the region may talk (netaccess).
    SERVAUTH = {
      ["EZB.NETACCESS.SYS1.TCPIP.LOOPBACK"] = { permit = { CICSA = "read" } },
      ["EZB.NETACCESS.SYS1.TCPIP.OFFICE"] = { permit = { CICSA = "read" } },
      ["EZB.NETACCESS.*.*.GUESTS"] = { uacc = "none" },
    },

    -- The users that may be a region (update) or connect to it (read): mro_bind.
    FACILITY = {
      ["DFHAPPL.CICSA"] = { permit = { CICSA = "update", REGIONS = "read", GATEWAYS = "read" } },
      ["DFHAPPL.CICSB"] = { permit = { CICSBUSR = "update", CICSA = "read" } },
      ["DFHAPPL.CTG*"] = { permit = { CTGUSER = "update", CICSA = "read" } },
    },

    -- The users that may attach a transaction (sec = "yes", and saf_attach).
    TCICSTRN = {
      CPMI = { permit = { CICSUSER = "read", TELLERS = "read", PAYROLL = "read", REGIONS = "read", GATEWAYS = "read" } },
      ["PAY*"] = { permit = { PAYROLL = "read", REGIONS = "read" } },
    },

    -- Programs that need more than the right to attach the transaction (saf_attach).
    MCICSPPT = {
      ["PAY*"] = { permit = { PAYROLL = "read", REGIONS = "read" } },
    },
  },
}
