/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_wait: a call of a script from its begin to its end, with the waits between: of a door (policy_ask.c) or of a
 * program (policy_run.c). The call belongs to the loop of its policy.
 */
#ifndef SALLYPORT_SCRIPT_WAIT_H
#define SALLYPORT_SCRIPT_WAIT_H

#include "base/addr.h"
#include "policy/script_call.h"

struct wait;

struct script_wait {
	struct script_call call; /* first. The caller sets its part, and asking.waits when the script may wait */
	struct addr peer;        /* set by the caller: waiting_peer counts its neighbourhood; of family 0: none */
	/*
	 * Set by the caller. Called once, at the end of the call, unless script_wait_cancel comes before:
	 * SCRIPT_ANSWERED or SCRIPT_FAILED, never SCRIPT_WAITS. It calls script_call_settle and may free s.
	 */
	void (*ended)(struct script_wait *s, enum script_end end);
	void (*waits)(struct script_wait *s); /* called each time it was suspended; NULL: nobody hears it */
	/* the rest is zero */
	struct wait *wait; /* owned; NULL: the script is not suspended */
	double since;      /* clock_span() at its suspension */
	double waited;     /* seconds of the waits that have ended */
	struct script_wait *next, *prev; /* while it is suspended: in policy->suspended */
};

/*
 * Runs the function that script_call_find found; takes two values from the policy's stack, as script_call_run. The
 * address of s must not change until ended(), which may be called before this returns. [-2, +0]
 */
void script_wait_run(struct script_wait *s);
/*
 * Ends a suspended call: ended() is not called, and the script does not run again. s->waited counts its last wait too.
 * s must be suspended.
 */
void script_wait_cancel(struct script_wait *s);
/* Ends each suspended call of the policy in the next turn of the loop, by policy_limit. */
void script_wait_hurry(struct policy *p);

#endif
