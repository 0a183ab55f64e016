/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permit: who may use a key ring, from its file `permit`: the owner and the rights that RACF keeps in RDATALIB (IPIC.md
 * 7.8). One entry a line: `owner USERID` at most once, `USERID READ|UPDATE`, `* READ|UPDATE` for all other users; #
 * begins a comment.
 */
#ifndef SALLYPORT_PERMIT_H
#define SALLYPORT_PERMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

enum right { RIGHT_NONE, RIGHT_READ, RIGHT_UPDATE }; /* each right includes the ones before it */

struct permit;

/*
 * Reads the n bytes of the file `path`. NULL with a fault for each malformed line, and for a second entry of a user or
 * of the owner.
 */
struct permit *permit_parse(const char *bytes, size_t n, const char *path, struct faults *faults);
void permit_free(struct permit *p); /* NULL is fine */

/*
 * Whether `user` may use the ring in `dir`: READ for its certificates and signers; UPDATE when it has private keys
 * (`keys`) and its owner is another user. -1 with a sentence that names the ring, the user, the missing right and the
 * line to add. p NULL: every user may.
 */
int permit_check(const struct permit *p, const char *user, const char *dir, bool keys, struct fault *f);

#endif
