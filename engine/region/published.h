/* SPDX-License-Identifier: Apache-2.0 */
/*
 * published: the definition of a region that follows the rules of its sysplex: region.lua is the local file, and the
 * included files that a bundle has come from the bundle. The region and its tcpipservices are always local: no file of
 * a bundle may define them.
 */
#ifndef SALLYPORT_PUBLISHED_H
#define SALLYPORT_PUBLISHED_H

#include "config/definition.h"
#include "region/bundle.h"

/*
 * Writes the first resource of the included file that stays local ("region", "tcpipservice IPIC") to what. False: it
 * defines none. include: the index of the file.
 */
bool published_is_local(const struct definition *d, size_t include, char *what, size_t size);
/*
 * Reads region.lua with the included files of b. A file that region.lua includes and b does not have is read from the
 * disk; a file of b includes files of b alone. Variables are those of the process. draft: as definition_load_draft. The
 * caller owns the result. NULL with faults.
 */
struct definition *published_definition(const char *file, const struct bundle *b, bool draft, struct faults *faults);
/*
 * Adds a note for each thing of the region that b stands in for: its saf (rule "replaced_saf"), and its files of rules
 * whose bytes differ from the published ones (rule "replaced", one note). A file that cannot be read is none.
 */
void published_note(const struct definition *d, const struct bundle *b, struct faults *faults);

#endif
