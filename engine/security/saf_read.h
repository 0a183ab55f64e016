/* SPDX-License-Identifier: Apache-2.0 */
/* saf_read: the model from a table of Lua's: region { saf = "FILE" }, and what a spec mocks. engine/config/README.md. */
#ifndef SALLYPORT_SAF_READ_H
#define SALLYPORT_SAF_READ_H

#include "base/fault.h"
#include "security/saf.h"

struct lua_State;

/* Reads FILE, Lua syntax for data, run under load limits without anything to call. Every fault with file and path of keys; warnings alone do not stop it.
 * NULL when there was an error. */
struct saf *saf_load(const char *file, struct faults *faults);
/* Reads the value at idx into a model that is empty, `name` standing for the file in faults. Read raw. [-0, +0, may throw, so that s must have an
 * owner] */
void saf_read(struct lua_State *L, int idx, struct saf *s, const char *name, struct faults *faults);

#endif
