/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saf_envelope: the saf of published rules. It leaves the publisher encrypted for the regions that follow
 * (tls/envelope.h), and is decrypted in memory at each load: no region writes its text to a disk, and no fault quotes
 * it.
 */
#ifndef SALLYPORT_SAF_ENVELOPE_H
#define SALLYPORT_SAF_ENVELOPE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "security/saf.h"
#include "tls/envelope.h"

/*
 * Encrypts the file of a saf for the readers, and adds the envelope to out. digest: saf_digest of the text to encrypt.
 * -1 with a sentence: the file is not a sound saf, or its text has changed.
 */
int saf_envelope_seal(const char *file, const char *digest, const struct envelope_readers *readers, struct buf *out, struct fault *f);
/*
 * Opens the envelope by the private key in key_file, and reads the saf. Blocks for as long as the disk does. The caller
 * owns the result (saf_free). NULL with a fault. Adds warnings about the key to faults too.
 */
struct saf *saf_envelope_open(const char *key_file, const void *bytes, size_t n, struct faults *faults);

#endif
