/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_run: a program that is a script. Its function `run` gets the request and returns the data of the answer. It
 * may wait (script_wait.h).
 */
#ifndef SALLYPORT_POLICY_RUN_H
#define SALLYPORT_POLICY_RUN_H

#include "base/addr.h"
#include "base/buf.h"
#include "policy/policy.h"
#include "ipic/request.h"

#define POLICY_RUN_TRACE 1500

struct running;

struct policy_run {
	struct policy *policy; /* borrowed until done(), as all pointers of the first part */
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
	bool waits;               /* the script may be suspended; else a call that waits has no answer */
	struct addr peer;         /* of the partner: limits of waiting count its neighbourhood. Of family 0: none */
	struct record_entry *const *entry; /* the request's entry of a record, which gets the calls that waited; *entry may become NULL; may be NULL */
	void (*waiting)(struct policy_run *r); /* the script waits: the caller may give *entry, which has been NULL, an entry; may be NULL */
	void (*done)(struct policy_run *r); /* the result is there; it may free r */
	void *arg;
	struct running *running;  /* set while the script is suspended (owned by the policy), else NULL */
	/* the result */
	struct buf *answer;     /* borrowed; the data, when the verdict is ACCEPT */
	struct verdict verdict; /* ACCEPT; or REFUSE: the script's own policy.refuse, service_down, policy_error or policy_limit, with text and place */
	bool failed;            /* the refusal is the engine's, not the script's */
	char trace[POLICY_RUN_TRACE];
};

/*
 * Runs the function under the limits, fills in the result and calls done(): before this returns, or from the loop when
 * the script waits, unless policy_run_cancel comes before. An answer that is not a string, or longer than PAYLOAD_MAX
 * bytes, is a failure. Logs nothing.
 */
void policy_run(struct policy_run *r);
/* Ends a suspended run: done() is not called, and the script does not run again. No effect on another run. */
void policy_run_cancel(struct policy_run *r);

#endif
