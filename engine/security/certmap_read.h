/* SPDX-License-Identifier: Apache-2.0 */
/* certmap_read: filters from a table of Lua's: a ring's maps.lua, and what a script gives cert.filter. certs/README.md. */
#ifndef SALLYPORT_CERTMAP_READ_H
#define SALLYPORT_CERTMAP_READ_H

#include "security/certmap.h"

struct lua_State;

/*
 * Reads the ring's maps.lua, data in Lua syntax: return { { userid = "FRED", subject = "OU=Pay,O=Shop" }, … }. No such file: NULL and no fault. Every
 * fault has the file and the filter's number; NULL then. Warnings (certmap_check) alone do not stop it.
 */
struct certmap *certmap_load(const struct ring *r, struct faults *faults);
/* Reads the list at idx into a map that is empty, `file` for the faults, NULL for none. Read raw, through frozen views. [-0, +0, may throw, so that m must have an owner] */
void certmap_read(struct lua_State *L, int idx, struct certmap *m, const char *file, struct faults *faults);

#endif
