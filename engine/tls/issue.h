/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue: makes an authority and certificates under it: for `sallyport init`, key rings to try a region with; for rows
 * of decision tables, certificates with any names; for `sallyport load`, many partners. Keys are on the curve P-256.
 */
#ifndef SALLYPORT_ISSUE_H
#define SALLYPORT_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "tls/presented.h"

struct ssl_ctx_st;
struct issuer; /* an authority: its key and its certificate */

struct issue_text { /* a name of a certificate */
	const char *kind;  /* of a part of the subject: CN, OU, O ...; of an alternative name: dns, ip, uri or email */
	const char *bytes; /* len bytes, unchanged: also NUL, and bytes that are no UTF-8; of an ip the address as text */
	size_t len;
};

/*
 * Makes an authority whose subject is CN=`cn`, valid for ten years. The caller owns it (issue_free). NULL with a
 * sentence.
 */
struct issuer *issue_authority(const char *cn, struct fault *f);
/* The same, valid from 1970 to 9999. */
struct issuer *issue_authority_always(const char *cn, struct fault *f);
/* The same with the n parts of its subject in their order. */
struct issuer *issue_authority_named(const struct issue_text *part, size_t n, struct fault *f);
/*
 * Reads an authority from the two files of issue_write_authority. The caller owns it. NULL with a sentence: a file
 * cannot be read, or the key is not that of the certificate.
 */
struct issuer *issue_read_authority(const char *cert_path, const char *key_path, struct fault *f);
void issue_free(struct issuer *i); /* wipes the key; NULL is fine */

/*
 * Writes the authority's certificate as PEM to a new file, mode 0600; with key_path not NULL its private key too. -1
 * with a sentence that names the file: one of them exists, or cannot be written.
 */
int issue_write_authority(const struct issuer *i, const char *cert_path, const char *key_path, struct fault *f);
/*
 * Makes a key and a certificate for it, with the subject CN=`cn`, for servers and clients, valid for ten years, and
 * writes both as above.
 * san: subject alternative names as OpenSSL writes them, "DNS:localhost,IP:127.0.0.1"; NULL: none.
 */
int issue_write_leaf(const struct issuer *i, const char *cn, const char *san, const char *cert_path, const char *key_path, struct fault *f);

struct issue_leaf {
	const struct issue_text *text; /* borrowed; the parts of the subject in their order, and alternative names */
	size_t n;
	int64_t not_before, not_after; /* seconds since 1970 */
};

/*
 * Puts a certificate with those names into p, which is empty, as presented by a client or a server. trusted: the
 * authority becomes the signer of p. -1 with a sentence: an unknown kind, an ip that is no address, or no memory.
 */
int issue_present(const struct issuer *i, const struct issue_leaf *l, bool trusted, struct presented *p, struct fault *f);
/* Makes a key and a certificate with those names, and puts both into an SSL_CTX. -1 with a sentence. */
int issue_use(const struct issuer *i, const struct issue_leaf *l, struct ssl_ctx_st *ctx, struct fault *f);

#endif
