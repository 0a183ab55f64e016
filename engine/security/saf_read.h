/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saf_read: reads the model from a Lua table: the file of region { saf = "FILE" }, or the mock of a spec
 * (engine/config/README.md).
 */
#ifndef SALLYPORT_SAF_READ_H
#define SALLYPORT_SAF_READ_H

#include "base/fault.h"
#include "security/saf.h"

struct lua_State;

#define SAF_BYTES_MAX (4 * 1024 * 1024) /* of a file */

/*
 * Reads FILE, Lua syntax for data, run under load limits without any function to call. Each fault has the file and the
 * path of keys. The caller owns the result (saf_free). NULL: there was an error; warnings alone are no error.
 */
struct saf *saf_load(const char *file, struct faults *faults);
/* The same for len bytes. file: the name in the faults; the file is not read. */
struct saf *saf_load_bytes(const char *bytes, size_t len, const char *file, struct faults *faults);
/*
 * Reads the value at idx, raw, into an empty model; `name` is the file in faults. s needs an owner, because this may
 * raise an error. [-0, +0, may throw]
 */
void saf_read(struct lua_State *L, int idx, struct saf *s, const char *name, struct faults *faults);

#endif
