/* SPDX-License-Identifier: Apache-2.0 */
/* tls_shared: settings of TLS that are made once for all resources with equal options. One thread uses it. */
#ifndef SALLYPORT_TLS_SHARED_H
#define SALLYPORT_TLS_SHARED_H

#include "base/nametable.h"
#include "tls/tls.h"

struct tls_shared { /* all zero: empty */
	struct nametable made; /* owned, with its objects */
};

/*
 * As tls_config_new, for options without no_own and issuer: a reference that the caller gives back, to the settings
 * that the first call with equal options made, or the fault of that call.
 */
struct tls_config *tls_shared_config(struct tls_shared *s, enum way way, const struct tls_options *o, struct fault *f);
/* Gives the references of the table back. The callers keep theirs. */
void tls_shared_free(struct tls_shared *s);

#endif
