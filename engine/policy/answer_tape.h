/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer_tape: the answers that the region gave to the scripts of one connection: by door, each with its arguments: of
 * counters, rates, ipconns, lists of ipconns and calls that wait, also "none" and failures. A re-ask under another
 * generation plays the tape: scripts get the same answers, and no counter or rate moves (answer_source.c). A re-ask may
 * add items; the next one drops them.
 */
#ifndef SALLYPORT_ANSWER_TAPE_H
#define SALLYPORT_ANSWER_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/resource.h"
#include "policy/counters.h"
#include "policy/door.h"
#include "policy/rates.h"
#include "policy/waited.h"

#define ANSWER_TAPE_MAX 128 /* items of one connection; a re-ask may add as many */
#define ANSWER_TAPE_MEMBERS (ANSWER_TAPE_MAX / 2) /* members of one list: a long list leaves room for other answers */
#define ANSWER_TAPE_BODIES (256u * 1024) /* bytes of the answers of http */
#define ANSWER_TAPE_NAME (COUNTER_NAME_MAX + 1)
#define ANSWER_TAPE_LACKING (ANSWER_TAPE_NAME + 32)

enum taped_kind {
	TAPED_NEXT,   /* next of a counter */
	TAPED_PEEK,   /* peek of a counter */
	TAPED_TAKE,   /* take of a rate */
	TAPED_IPCONN, /* an ipconn by name */
	TAPED_LIST,   /* a list of ipconns; the name is the filter */
	TAPED_MEMBER, /* a member of the list before it */
	TAPED_WAITED, /* a call that waits */
};

/* The status of an ipconn when it was asked about. The definition is not kept: a re-ask uses the current one. */
struct ipconn_then {
	bool there, autoinstalled, inservice;
	enum connstatus connstatus;
	int sendcount, receivecount; /* agreed, while ACQUIRED */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE], template[NAME_SIZE];
};

struct taped {
	enum door door;
	enum taped_kind kind;
	unsigned heard; /* the number of the answer in the current re-ask, from 1; 0: not played yet */
	char name[ANSWER_TAPE_NAME];
	union {
		struct {
			struct counter_use use;
			enum counters_answer answer;
			int64_t value; /* of COUNTERS_NUMBER; the last value of COUNTERS_EXHAUSTED */
		} counter;
		struct {
			struct rate_terms terms;
			double n; /* tokens asked for */
			enum rates_answer answer;
			struct rate_take got;
		} rate;
		struct ipconn_then ipconn; /* of TAPED_IPCONN and TAPED_MEMBER */
		struct {
			size_t n;     /* ipconns in the list */
			size_t named; /* of them, members on the tape: all, or none when there was no room */
		} list;
		struct waited *waited; /* counted */
	};
};

struct answer_tape {
	struct taped *item; /* owned */
	size_t n;
	size_t kept;    /* the items of the questions at the doors; behind them, the items of the current re-ask */
	bool playing;
	bool joined;    /* set by the owner of an empty tape: see answer_tape_begin */
	bool closed;    /* set by the owner: a question that is not on the tape has no answer, and `lacking` names it */
	bool overlaid;  /* set by the owner: counters and rates that are not on the tape are those of the world, which move */
	bool full;      /* there were answers without room */
	enum door door; /* of the question under way */
	unsigned heard; /* answers given in this question */
	char lacking[ANSWER_TAPE_LACKING]; /* of a closed tape: the first thing that a script asked for in vain; "" none */
};

/*
 * Begins a question at a door. Its answers replace those of the door's last question, or (playing) are played again
 * from the first. The answers of calls that waited in a re-ask are kept for the next one. A joined tape plays, and has
 * nothing to play: the doors of one trial (conn/trial.h) go on from each other's answers, so that a counter that two of
 * them use counts twice.
 */
void answer_tape_begin(struct answer_tape *t, enum door door, bool playing);
/*
 * Adds an item of this door, for the caller to fill in; while playing it counts as played. NULL: no memory, or
 * ANSWER_TAPE_MAX items; then `full` is set. t may be NULL. The item is valid until the next call.
 */
struct taped *answer_tape_add(struct answer_tape *t, enum taped_kind kind, const char *name);
/*
 * Adds a list of n ipconns: an item, and one for each member. Without room for all members there are none, and `full`
 * is set. t may be NULL.
 */
void answer_tape_add_list(struct answer_tape *t, const char *name, const struct ipconn_view *view, size_t n);
/*
 * Adds the answer of a call that waits, with a reference of its own. Above ANSWER_TAPE_BODIES there is no room for it,
 * and `full` is set. t may be NULL.
 */
void answer_tape_add_waited(struct answer_tape *t, struct waited *answer);
/*
 * Plays the first answer of the call (struct waited) that this re-ask has not played, else the last one that it played.
 * NULL: none. Borrowed from the tape.
 */
struct waited *answer_tape_hear_waited(struct answer_tape *t, const char *call);
/* Plays the first item of that kind and name that this re-ask has not played; NULL: there is none. */
struct taped *answer_tape_hear(struct answer_tape *t, enum taped_kind kind, const char *name);
/* The item of that kind and name that this re-ask played last; NULL: none. */
struct taped *answer_tape_last(struct answer_tape *t, enum taped_kind kind, const char *name);
/*
 * Notes on a closed tape that a script asked for `what` ("counter") of that name (NULL: none) in vain. Returns whether
 * the tape is closed. t may be NULL.
 */
bool answer_tape_lacks(struct answer_tape *t, const char *what, const char *name);
/* Writes the name of a list's item: the filter. applid and networkid may be NULL. */
void answer_tape_filter(char out[ANSWER_TAPE_NAME], const char *applid, const char *networkid);
/* The memory of the answers of calls that wait, in bytes. */
size_t answer_tape_waited_bytes(const struct answer_tape *t);
/* Makes *to a copy of the items of that door, which were not played. -1: no memory. The caller frees the copy. */
int answer_tape_copy(struct answer_tape *to, const struct answer_tape *from, enum door door);
/* Frees the items. */
void answer_tape_free(struct answer_tape *t);

/* The part of a view that an item keeps. */
struct ipconn_then answer_tape_then(const struct ipconn_view *v);

#endif
