/* SPDX-License-Identifier: Apache-2.0 */
/* certmap_read: a ring's maps.lua: return { { userid = "FRED", subject = "OU=Pay,O=Shop" }, … }. README: key rings. */
#ifndef SALLYPORT_CERTMAP_READ_H
#define SALLYPORT_CERTMAP_READ_H

#include "certmap.h"

/* Reads DIR/maps.lua, data in Lua syntax. No such file: NULL and no fault. Every fault with the file and the filter's number; NULL then. */
struct certmap *certmap_load(const char *dir, struct faults *faults);

#endif
