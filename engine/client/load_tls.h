/* SPDX-License-Identifier: Apache-2.0 */
/* load_tls: the certificates of the partners of a load: of a ring, made for each partner, or bad ones. */
#ifndef SALLYPORT_LOAD_TLS_H
#define SALLYPORT_LOAD_TLS_H

#include <stdbool.h>

#include "client/load_options.h"

struct load_tls { /* zeroed: closed */
	const struct load_options *o;  /* borrowed */
	struct ring *ring;             /* counted; NULL: no ring */
	struct issuer *issuer;         /* owned: of --make-certificates; NULL: none */
	struct issuer *stranger;       /* owned: of the foreign ones */
	struct tls_config *own, *bare; /* counted: with the certificate of the ring, and without one */
};

/*
 * Loads the ring, or the authority in the directory of --make-certificates. 1: the directory was new, and has a new
 * authority now; stdout says how the region gets to know it. -1 with a sentence. Then load_tls_close too.
 */
int load_tls_open(struct load_tls *t, const struct load_options *o, struct fault *f);
/* Frees everything but the references of load_tls_for. */
void load_tls_close(struct load_tls *t);
/*
 * The settings of a partner; the caller has a reference in *out, NULL without TLS. -1 with a sentence: no memory, or no
 * certificate can have that name.
 */
int load_tls_for(struct load_tls *t, enum load_kind k, const struct capex *capex, struct tls_config **out, struct fault *f);

#endif
