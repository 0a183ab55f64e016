/* SPDX-License-Identifier: Apache-2.0 */
/* recorded_shadow: a verdict of a shadow (candidate/shadow.h) that differs, as a thing for the file of records. */
#ifndef SALLYPORT_RECORDED_SHADOW_H
#define SALLYPORT_RECORDED_SHADOW_H

#include "policy/record_mask.h"
#include "records/recorded.h"

struct recorded_shadow {
	uint64_t id;                       /* of the connection's record: recorder_number */
	double time;                       /* of the question; seconds since 1970 */
	const char *candidate, *class;     /* the number of a generation or a path; newly_accepted ... */
	struct record *record;             /* of the question, with the facts */
	const struct record_entry *before; /* the verdict in force */
	const struct record_entry *after;  /* the shadow's, with its checks */
};

/*
 * Makes the thing, in which the facts of the mask are hidden. Any thread that has s alone. The caller owns it. NULL: no
 * memory, no hash, or the account has no room in RECORD_JSON_MAX bytes.
 */
struct recorded *recorded_shadow_make(const struct recorded_shadow *s, const struct record_mask *mask);

#endif
