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

struct reload_changes { /* zero-initialise */
	struct reload_change *first; /* owned list */
	struct reload_change *last;  /* its end */
};

/* Appends a change. kind and what are static strings of the lists above; name is copied. Borrowed from the list. NULL without memory. */
struct reload_change *reload_changes_add(struct reload_changes *l, const char *kind, const char *name, const char *what);
/* Frees the changes, the refusals that they hold with their record entries too; empty then. */
void reload_changes_free(struct reload_changes *l);

/* Appends the changes that the region makes when it takes generation g. Changes nothing itself; to be called before the swap. */
void reload_changes_list(const struct region *r, const struct generation *g, struct reload_changes *l);
/* True when a listener opens for definition d, beside the one that is there or in its place. */
bool reload_changes_moves(const struct generation *was, const struct tcpipservice_def *d);

#endif
