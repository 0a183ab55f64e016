/* SPDX-License-Identifier: Apache-2.0 */
/* recorded: one thing to be written to a file of records, as the loop hands it to the thread that writes. */
#ifndef SALLYPORT_RECORDED_H
#define SALLYPORT_RECORDED_H

#include <stddef.h>

#include "policy/record_sink.h"

enum recorded_kind {
	RECORDED_RECORD,      /* a record; replaces the row with its id */
	RECORDED_REQUEST,     /* a verdict about a request of the record with that id */
	RECORDED_REASK,       /* the questions of a later generation about the record with that id */
	RECORDED_SHADOW,      /* a shadow's verdict about the record with that id that differs from the one in force */
	RECORDED_CERTIFICATE, /* a certificate that was presented */
};

struct recorded {
	enum recorded_kind kind;
	uint64_t id;      /* of the record */
	double time;      /* of the change, the verdict, or the presentation; seconds since 1970 */
	bool refused;     /* of a request or a re-ask */
	uint64_t generation; /* of a re-ask: the one that asked */
	struct record_summary summary; /* of a record */
	char sha256[65];  /* of a certificate */
	char *bytes;      /* owned: the account as JSON, or the DER */
	size_t len;
};

/* Frees it; NULL is fine. */
void recorded_free(struct recorded *r);

#endif
