/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_changes: all that a reload changes, one entry each, in the words that `reload --check`, `reload` and the log use: attributes of definitions, listeners
 * that open or close, ipconns that are installed or deleted, scripts, the ring, maps.lua, the saf.
 */
#ifndef SALLYPORT_RELOAD_CHANGES_H
#define SALLYPORT_RELOAD_CHANGES_H

#include "policy/generation.h"
#include "conn/recheck.h"
#include "config/resource.h"

struct region;
struct reload;

struct reload_change {
	struct reload_change *next;
	const char *what; /* static: "opened" "closed" "replaced" "released" "reported" "installed" "deleted" "added" "removed" "changed" */
	const char *kind; /* static: "region" "tcpipservice" "ipconn" "program" "transaction" "policy" "ring" "maps" "saf" */
	char *name;       /* owned */
	char door[12];    /* of a refusal, "" none */
	char code[CODE_SIZE];
	char text[TEXT_SIZE + PLACE_SIZE + 16]; /* of a refusal; of a change: "receivecount 10 -> 12" */
	struct recheck_result *refusal; /* owned, and its entry; of an ipconn that the new generation refuses. NULL: none */
};

/* Adds one to a reload's report; NULL without memory. */
struct reload_change *reload_change(struct reload *l, const char *kind, const char *name, const char *what);

/* Adds what taking g would change in the region; changes nothing. Before the swap. */
void reload_changes_list(const struct region *r, const struct generation *g, struct reload *l);
/* Whether a listener opens for that definition, beside or in place of the one that is there. */
bool reload_changes_moves(const struct generation *was, const struct tcpipservice_def *d);

#endif
