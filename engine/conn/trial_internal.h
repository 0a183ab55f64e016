/* SPDX-License-Identifier: Apache-2.0 */
/* trial_internal: the steps of a trial. Each returns false when it refuses. */
#ifndef SALLYPORT_TRIAL_INTERNAL_H
#define SALLYPORT_TRIAL_INTERNAL_H

#include "conn/rules.h"
#include "conn/trial.h"

/* Asks a door with the facts of the connection. The verdict is in t->conn->ask->verdict. True: the verdict accepts. */
bool trial_ask(struct trial *t, enum door door, enum reason reason);
/* Tells the URM of the deletion of an ipconn with that definition. The answer is ignored. */
void trial_tell(struct trial *t, const struct ipconn_def *def);
/* Notes a refusal: the first one is the outcome. reason: that the partner is told, or REASON_OK. Returns false. */
bool trial_refuse(struct trial *t, const struct verdict *v, enum reason reason);
/* Notes a refusal of the engine itself, with an entry of the record. Returns false. */
bool trial_ruled(struct trial *t, const struct ruling *r);
bool trial_judge(struct trial *t, const char *code, enum reason reason, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The connection is accepted as a socket of t->partner, whose counts are set. */
void trial_accept(struct trial *t, enum socket_place place);

/* TLS and the certify door (trial_tls.c), for both ways. */
bool trial_tls(struct trial *t);
/* Fill in the connection of a trial. -1 with a sentence. */
int trial_in_begin(struct trial *t, struct fault *f);
int trial_out_begin(struct trial *t, struct fault *f);
struct trial_step {
	bool (*take)(struct trial *t); /* NULL ends the list */
	enum trial_part part;
};
/* The steps of each way, in order. Static. */
const struct trial_step *trial_in_steps(void);
const struct trial_step *trial_out_steps(void);

/*
 * A further socket (trial_join.c). begin: finds its first one in the region, or walks it; before the connection of the
 * trial is filled in. -1 with a sentence. capex: makes the CAPEX of a further socket that of the first. trial_join: the
 * step behind bind.
 */
int trial_join_begin(struct trial *t, struct fault *f);
void trial_join_capex(const struct trial *t, struct capex *x);
bool trial_join(struct trial *t);

/* The facts that a past connection has from the beginning (trial_past.c). */
void trial_past_begin(struct trial *t);
/* The ipconn that a past connection was a socket of, by the definitions of now, in t->partner. */
void trial_past_partner(struct trial *t);
/* A past connection becomes a socket of its ipconn. Returns true. */
bool trial_past_join(struct trial *t);

#endif
