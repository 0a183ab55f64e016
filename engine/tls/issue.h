/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue: makes an authority and certificates under it, for `sallyport init`: key rings to try a region with. Keys are
 * on the curve P-256; a certificate is valid for ten years.
 */
#ifndef SALLYPORT_ISSUE_H
#define SALLYPORT_ISSUE_H

#include "base/fault.h"

struct issuer; /* an authority: its key and its certificate */

/* Makes an authority whose subject is CN=`cn`. The caller owns it (issue_free). NULL with a sentence. */
struct issuer *issue_authority(const char *cn, struct fault *f);
void issue_free(struct issuer *i); /* wipes the key; NULL is fine */

/*
 * Writes the authority's certificate as PEM to a new file, mode 0600; with key_path not NULL its private key too. -1
 * with a sentence that names the file: one of them exists, or cannot be written.
 */
int issue_write_authority(const struct issuer *i, const char *cert_path, const char *key_path, struct fault *f);
/*
 * Makes a key and a certificate for it, with the subject CN=`cn`, for servers and clients, and writes both as above.
 * san: subject alternative names as OpenSSL writes them, "DNS:localhost,IP:127.0.0.1"; NULL: none.
 */
int issue_write_leaf(const struct issuer *i, const char *cn, const char *san, const char *cert_path, const char *key_path, struct fault *f);

#endif
