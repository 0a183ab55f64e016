/* SPDX-License-Identifier: Apache-2.0 */
/* load_kind: the kinds of partners of a load: good ones, and those that break rules. */
#ifndef SALLYPORT_LOAD_KIND_H
#define SALLYPORT_LOAD_KIND_H

#include "base/fault.h"

enum load_kind {
	LOAD_GOOD,
	LOAD_NO_CERTIFICATE, /* shows no certificate */
	LOAD_FOREIGN,        /* shows one of an authority that nobody knows */
	LOAD_EXPIRED,        /* shows one of the made authority that ended a day ago */
	LOAD_BAD_CAPEX,      /* sends a CAPEX that is no JSON */
	LOAD_HALF_CAPEX,     /* sends the first half of a CAPEX */
	LOAD_SILENT,         /* connects and sends nothing */
	LOAD_KINDS,
};

struct load_mix { /* the kinds and their order */
	double percent[LOAD_KINDS]; /* of each kind; they make 100 */
	double credit[LOAD_KINDS];  /* of load_mix_next */
};

/* "good", "no-certificate" ... */
const char *load_kind_name(enum load_kind k);
/*
 * Reads "KIND=P%" or several of them with commas between into m; the good ones have the rest. NULL: all are good. -1
 * with a sentence.
 */
int load_mix_parse(struct load_mix *m, const char *text, struct fault *f);
/*
 * The kind of the next partner. The kinds are spread evenly, always in the same order: of 100 partners each kind has as
 * many as its whole percents say.
 */
enum load_kind load_mix_next(struct load_mix *m);

#endif
