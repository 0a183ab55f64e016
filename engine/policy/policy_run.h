/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_run: a program that is a script. Its function `run` gets the request and returns the data of the answer. It
 * never waits.
 */
#ifndef SALLYPORT_POLICY_RUN_H
#define SALLYPORT_POLICY_RUN_H

#include "base/buf.h"
#include "policy/policy.h"
#include "ipic/request.h"

#define POLICY_RUN_TRACE 1500

struct policy_run {
	struct policy *policy; /* borrowed, as all pointers of the first part */
	const char *script;
	struct budget_limits limits; /* kilobytes: without the request's data, which does not count */
	/* the request; policies/README.md has its members in the words of scripts */
	const struct request *request;
	const struct users *users;
	const char *ipconn, *applid, *networkid, *connection;
	uint64_t generation;
	const void *data;
	size_t len;
	int ccsid; /* 0: none given */
	/* the result */
	struct buf *answer;     /* borrowed; the data, when the verdict is ACCEPT */
	struct verdict verdict; /* ACCEPT; or REFUSE: the script's own policy.refuse, policy_error or policy_limit, with text and place */
	bool failed;            /* the refusal is the engine's, not the script's */
	char trace[POLICY_RUN_TRACE];
};

/*
 * Runs the function under the limits and fills in the result. An answer that is not a string, or longer than
 * PAYLOAD_MAX bytes, is a failure. Logs nothing.
 */
void policy_run(struct policy_run *r);

#endif
