/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer_tape: what the region answered to the scripts of one connection, door by door, each answer with its arguments: counters, ipconns and lists of
 * ipconns, "none" and failures included. A re-ask under another generation hears the same (answers.c) and moves nothing.
 * Items that a re-ask adds are its own and go with it.
 */
#ifndef SALLYPORT_ANSWER_TAPE_H
#define SALLYPORT_ANSWER_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/resource.h"
#include "policy/counters.h"
#include "policy/door.h"

#define ANSWER_TAPE_MAX 128 /* items of one connection; a re-ask may add as many */
#define ANSWER_TAPE_MEMBERS (ANSWER_TAPE_MAX / 2) /* of one list that are kept: a long list leaves room for other answers */
#define ANSWER_TAPE_NAME (COUNTER_NAME_MAX + 1)

enum taped_kind {
	TAPED_NEXT,   /* of a counter */
	TAPED_PEEK,
	TAPED_IPCONN, /* one by name */
	TAPED_LIST,   /* ipconns; the name is the filter */
	TAPED_MEMBER, /* one of the list before it */
};

/* What an ipconn was doing. Its definition is not kept: a re-ask takes that of now. */
struct ipconn_then {
	bool there, autoinstalled, inservice;
	enum connstatus connstatus;
	int sendcount, receivecount; /* agreed, while ACQUIRED */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE], template[NAME_SIZE];
};

struct taped {
	enum door door;
	enum taped_kind kind;
	unsigned heard; /* in the re-ask under way: as which of its answers, from 1; 0 not yet */
	char name[ANSWER_TAPE_NAME];
	union {
		struct {
			struct counter_use use;
			enum counters_answer answer;
			int64_t value; /* of COUNTERS_NUMBER, and the last one of COUNTERS_EXHAUSTED */
		} counter;
		struct ipconn_then ipconn; /* also a member */
		struct {
			size_t n;     /* ipconns in the list */
			size_t named; /* that follow as members: all, or none where they found no room */
		} list;
	};
};

struct answer_tape {
	struct taped *item; /* owned */
	size_t n;
	size_t kept;    /* of them, what the first asking heard; behind these, what the re-ask under way added */
	bool playing;
	bool full;      /* there were answers that are not on it */
	enum door door; /* whose answers are added or heard */
	unsigned heard;
};

/* A door is asked: its answers are added, in place of those of its asking before; or (playing) heard again from the first. */
void answer_tape_begin(struct answer_tape *t, enum door door, bool playing);
/* A new item of this door, to be filled; while playing it counts as heard. NULL: no memory or ANSWER_TAPE_MAX; the tape is marked then. t may be NULL. Good until
 * the next call. */
struct taped *answer_tape_add(struct answer_tape *t, enum taped_kind kind, const char *name);
/* A list of n ipconns: an item, and one for each member; members only if all find room, else the tape is marked. t may be NULL. */
void answer_tape_add_list(struct answer_tape *t, const char *name, const struct ipconn_view *view, size_t n);
/* The first item of that kind and name that this re-ask has not heard; NULL: none is left. */
struct taped *answer_tape_hear(struct answer_tape *t, enum taped_kind kind, const char *name);
/* The item of that kind and name that this re-ask heard last; NULL: none. */
struct taped *answer_tape_last(struct answer_tape *t, enum taped_kind kind, const char *name);
void answer_tape_free(struct answer_tape *t);

/* What of a view is kept. */
struct ipconn_then answer_tape_then(const struct ipconn_view *v);

#endif
