/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_key: the key of the hashes that hide facts in a file of records. It is in a file of its own beside it,
 * FILE.key, with mode 0600: without it nobody can try values against the hashes.
 */
#ifndef SALLYPORT_RECORD_KEY_H
#define SALLYPORT_RECORD_KEY_H

#include "base/fault.h"
#include "policy/record_mask.h"

/* Reads the key that belongs to the file of records at `path`, or makes one. 0, or -1 with a sentence. */
int record_key_read(const char *path, unsigned char key[RECORD_HIDE_KEY], struct fault *f);

#endif
