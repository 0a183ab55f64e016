/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_load: reads region.lua (engine/config/README.md): Lua syntax, run under load limits in an environment that
 * holds only the constructors region, tcpipservice, ipconn, program and transaction, and the functions include and env.
 */
#ifndef SALLYPORT_DEFINITION_LOAD_H
#define SALLYPORT_DEFINITION_LOAD_H

#include "config/definition.h"
#include "config/definition_reader.h"

/*
 * Reads FILE. Adds each fault with file:line: unknown key (with the nearest known one), bad value, missing name, and
 * those of consistency_check. Fills in defaults: an ipconn's applid is its name, its networkid that of the region. The
 * caller owns the result (definition_free). NULL: there was an error; warnings alone are no error.
 */
struct definition *definition_load(const char *file, struct faults *faults);
/*
 * The same for `check` and the start of a region: returns a definition with faults too, in which a faulty value has its
 * default. NULL: the file could not be read to its end. Never run a definition that has faults. A start makes files, so
 * a path of recovery, record or versions that leads nowhere, while it exists in the current directory, is a fault here.
 */
struct definition *definition_load_draft(const char *file, struct faults *faults);
/*
 * Reads FILE itself, and takes its included files and variables from the reader. draft: as definition_load_draft, else
 * as definition_load.
 */
struct definition *definition_load_by(const char *file, const struct definition_reader *reader, bool draft, struct faults *faults);
/*
 * Reads FILE up to the end of its region { }, for the paths in it: the rest is not read, nor checked, as long as the
 * region stands outside of any block. The resources in front of the region are in the result too. A fault that leaves
 * the region whole, as in an included file, is added and is no obstacle. NULL: there is no region, or it has a fault
 * of syntax.
 */
struct definition *definition_load_region(const char *file, struct faults *faults);
/*
 * The same from bytes; `file` is the name in messages, and the place to which paths are relative. Included files and
 * variables come from the reader.
 */
struct definition *definition_load_kept(const char *file, const char *bytes, size_t len, const struct definition_reader *reader, struct faults *faults);
/* The same where no file can be included and no variable is set (for fuzzing and tests). */
struct definition *definition_load_bytes(const char *file, const char *bytes, size_t len, struct faults *faults);
/*
 * Adds the paths of the included files that a load of FILE reads, or misses, to *out, which is empty before; the caller
 * frees it (definition_files_free).
 */
void definition_load_files(const char *file, struct definition_files *out);

#endif
