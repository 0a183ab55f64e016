/* SPDX-License-Identifier: Apache-2.0 */
/* certmap_read: reads filters from a Lua table: a ring's maps.lua, or the argument of cert.filter (certs/README.md). */
#ifndef SALLYPORT_CERTMAP_READ_H
#define SALLYPORT_CERTMAP_READ_H

#include "security/certmap.h"

struct lua_State;

/*
 * Reads the ring's maps.lua, data in Lua syntax: return { { userid = "FRED", subject = "OU=Pay,O=Shop" }, ... }. Each
 * fault has the file and the filter's number. The caller owns the result (certmap_free). NULL without a fault: there is
 * no such file. NULL with a fault: an error; warnings (certmap_check) alone are no error.
 */
struct certmap *certmap_load(const struct ring *r, struct faults *faults);
/*
 * Reads the list at idx into an empty map, raw and through frozen views. file: for the faults; NULL: none. m needs an
 * owner, because this may raise an error. [-0, +0, may throw]
 */
void certmap_read(struct lua_State *L, int idx, struct certmap *m, const char *file, struct faults *faults);

#endif
