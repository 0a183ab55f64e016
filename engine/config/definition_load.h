/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_load: region.lua to plain data (engine/config/README.md): Lua syntax, run under load limits in an environment that holds only the
 * constructors region, tcpipservice and ipconn.
 */
#ifndef SALLYPORT_DEFINITION_LOAD_H
#define SALLYPORT_DEFINITION_LOAD_H

#include "config/definition.h"

/*
 * Reads FILE. Every fault found is added with file:line, not only the first: unknown key (with the nearest known one), bad value,
 * missing name, duplicate names, duplicate (networkid, applid) pairs of matchable ipconns, an ipconn naming an unknown tcpipservice, tls without a
 * ring, two services on one host and port, a control socket's name over 90 bytes. Defaults are filled in; applid defaults to the ipconn's
 * name, an ipconn's networkid to the region's. NULL when there was an error; warnings alone do not stop it.
 */
struct definition *definition_load(const char *file, struct faults *faults);
/* The same for `check`, which has more to look at: what could be read, in spite of the faults in it (a value at fault has its default). NULL
 * only when the file could not be read to its end. Never run one that has faults. */
struct definition *definition_load_draft(const char *file, struct faults *faults);
/* The same from bytes, `file` being only the name in messages (fuzzing, tests). */
struct definition *definition_load_bytes(const char *file, const char *bytes, size_t len, struct faults *faults);

#endif
