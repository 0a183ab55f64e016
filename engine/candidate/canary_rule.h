/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canary_rule: when a canary ends by itself. "refused>2%/1m": more than 2 percent of its askings of the last minute
 * were refused. "refused>live+2%/1m": its share of refusals is more than 2 points above that of the live generation.
 * "error>0": more than 0 answers since its start were policy_error or policy_limit; "error>3/1m": in the last minute.
 */
#ifndef SALLYPORT_CANARY_RULE_H
#define SALLYPORT_CANARY_RULE_H

#include <stddef.h>

#include "base/fault.h"
#include "candidate/canary_window.h"

#define CANARY_RULES 8           /* of one canary, at most */
#define CANARY_RULE_TEXT 40      /* the longest rule */
#define CANARY_RULE_ASKINGS 50   /* a share of refusals counts from so many askings in the window on, on each side */
#define CANARY_RULE_SECONDS 3600 /* the longest window */

struct canary_rule { /* zero-initialise */
	char text[CANARY_RULE_TEXT]; /* as typed */
	bool of_errors;              /* else of refusals */
	bool above_live;             /* limit counts from the share of the live generation */
	double limit;                /* percent, or a number of errors */
	struct canary_window own, live;
};

/* Reads a rule and begins its windows. now: clock_span(). -1 with a sentence that names the rule and the forms. */
int canary_rule_read(struct canary_rule *r, const char *text, double now, struct fault *f);
/* Counts an answer: of the live generation, or of the canary. */
void canary_rule_count(struct canary_rule *r, bool live, const struct canary_tally *t, double now);
/* Whether the rule holds at `now`: the canary ends. Prints the figures into out: "3 of 60 askings were refused". */
bool canary_rule_holds(struct canary_rule *r, double now, char *out, size_t size);
void canary_rule_free(struct canary_rule *r);

#endif
