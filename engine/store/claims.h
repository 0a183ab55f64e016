/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims: the names that a region holds in its sysplex: the pair (NETWORKID, APPLID) of an ipconn, and the name of one
 * that is autoinstalled. A claim is written under the incarnation of the region and counts while the session key of
 * that incarnation is in the store (member.h).
 *
 *   fenced  the lease was over: no claim counts, until the region has a new incarnation and each claim again
 *   local   the store was not reachable, and the definition accepts that (claim_down = "local"): the claim counts in
 *           this region alone, until the store is reachable
 */
#ifndef SALLYPORT_CLAIMS_H
#define SALLYPORT_CLAIMS_H

#include <stdbool.h>

#include "base/name.h"

struct claims;
struct claims_item;
struct ev_loop;
struct member;
struct store;

#define CLAIMS_PAIR (2 * NAME_SIZE + 1) /* "NETWORKID.APPLID" */

enum claims_answer {
	CLAIMS_GRANTED,
	CLAIMS_PAIR_ELSEWHERE, /* another region holds the pair */
	CLAIMS_NAME_ELSEWHERE,
	CLAIMS_STORE_DOWN,     /* the store does not answer, or is new, or the region is fenced */
};

struct claims_owner { /* all are called from the loop */
	/* The answer to claims_ask, once, never inside it; text: a sentence. A refused claim is given back already. */
	void (*answered)(void *holder, enum claims_answer a, const char *text);
	/* The claim was lost to another region; text: a sentence. It is given back already. */
	void (*lost)(void *holder, const char *text);
	/* The region is fenced: the holder keeps its claim, or gives it back inside this call. */
	void (*fenced)(void *holder);
	/* The region is no longer fenced. */
	void (*freed)(void *holder);
	/* A conflict, or a claim of a lost region that was taken over. */
	void (*event)(void *arg, bool conflict, const char *text);
	void (*regained)(void *arg); /* the region is no longer fenced */
	void *arg;
};

struct claims_terms { /* borrowed during claims_ask */
	const char *name; /* of the ipconn; "": the pair alone */
	const char *pair;
	bool local;       /* without the store: granted in this region */
	int replicas;     /* of the store that must have the claim */
};

/* Borrows loop, store and member. NULL: no memory. */
struct claims *claims_new(struct ev_loop *loop, struct store *store, struct member *member, const struct claims_owner *owner);
/* NULL is fine. The claims end with the session key. */
void claims_free(struct claims *c);

/* Whether the region has a sysplex, so that names must be claimed. NULL is fine. */
bool claims_needed(const struct claims *c);
/* Claims for the holder. NULL: no memory. */
struct claims_item *claims_ask(struct claims *c, const struct claims_terms *t, void *holder);
/* Gives the claim back, also one that was not answered: a late grant is undone. The holder hears no more of it. */
void claims_give(struct claims_item *item);
/* Whether the claim was granted, here or in the store. */
bool claims_granted(const struct claims_item *item);
/*
 * Whether nothing may be done under the claim: the region is fenced. By the look at the clock in this turn of the loop.
 */
bool claims_bars(const struct claims_item *item);
/* The same, with a look at the clock. */
bool claims_bars_now(const struct claims_item *item);
/* Whether claims of before count no longer, and not all of them are there again. */
bool claims_fenced(const struct claims *c);
/* The claims that met one of another region since the start. */
unsigned long claims_conflicts(const struct claims *c);

/* Events of the member (member.h). */
void claims_joined(struct claims *c);
void claims_renewed(struct claims *c);
void claims_lapsed(struct claims *c);
/* That region has the names of this claim by an earlier number. */
void claims_beaten(struct claims_item *item, const char *region);
/*
 * That region had the names of this claim too, and its claim ends. The conflict is reported once in a lease, because a
 * writer of the store can send any number of such notes.
 */
void claims_contested(struct claims_item *item, const char *region);

#endif
