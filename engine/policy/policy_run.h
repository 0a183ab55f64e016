/* SPDX-License-Identifier: Apache-2.0 */
/* run: a program that is a script: its function `run` is called with the request and answers with data. Never waits. */
#ifndef SALLYPORT_POLICY_RUN_H
#define SALLYPORT_POLICY_RUN_H

#include "base/buf.h"
#include "policy/policy.h"
#include "ipic/request.h"

#define POLICY_RUN_TRACE 1500

struct policy_run {
	struct policy *policy; /* borrowed, as all of the first part is */
	const char *script;
	struct sandbox_limits limits; /* kilobytes: besides the request's data, which is paid for */
	/* the table of a program's request in policies/README.md */
	const struct request *request;
	const struct users *users;
	const char *ipconn, *applid, *networkid, *connection;
	uint64_t generation;
	const void *data;
	size_t len;
	int ccsid; /* 0: not said */
	/* how it ended */
	struct buf *answer;     /* borrowed; filled when the verdict is ACCEPT */
	struct verdict verdict; /* REFUSE: the script's own policy.refuse, or policy_error and policy_limit: code, text, place */
	bool failed;            /* it was not the script that refused */
	char trace[POLICY_RUN_TRACE];
};

/* Runs it under its limits, within this call. An answer that is no string, or longer than PAYLOAD_MAX, is a failure. Prints nothing. */
void policy_run(struct policy_run *r);

#endif
