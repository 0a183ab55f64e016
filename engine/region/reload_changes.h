/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_changes: the list of all changes of a reload, for `reload --check`, `reload` and the log (SP0074): attributes
 * of definitions, listeners that open or close, ipconns that are installed or deleted, scripts, the ring, maps.lua, the
 * saf.
 */
#ifndef SALLYPORT_RELOAD_CHANGES_H
#define SALLYPORT_RELOAD_CHANGES_H

#include "policy/generation.h"
#include "conn/recheck.h"
#include "config/resource.h"

struct region;
struct succession;

struct reload_change {
	struct reload_change *next; /* first: reload_changes_drop */
	/*
	 * static: "opened" "closed" "replaced" "released" "reported" "installed" "deleted" "added" "removed" "changed"
	 */
	const char *what;
	/* static: "region" "tcpipservice" "ipconn" "program" "transaction" "policy" "ring" "maps" "saf" */
	const char *kind;
	const char *door; /* static, of a refusal; "": no door */
	const char *name, *code, *text; /* in `bytes`; text: of a refusal, or of a change: "receivecount 10 -> 12" */
	bool refused;     /* the change is a refusal */
	struct recheck_result *refusal; /* owned, with its entry; NULL: told, no refusal, or no memory */
	char bytes[];
};

struct reload_changes { /* zero-initialise */
	struct reload_change *first; /* owned list */
	struct reload_change *last;  /* the end of the list */
	size_t n;                    /* how many were added */
	bool missing;                /* there was no memory for one */
};

struct reload_listing { /* a comparison of two definitions, in steps */
	const struct region *region; /* borrowed; NULL: two definitions are compared, and none of them is in use */
	const struct definition *was, *now; /* borrowed */
	struct reload_changes *changes; /* borrowed */
	struct succession *succession; /* borrowed: gets the ipconns that differ or are missing; NULL: none */
	size_t list, at; /* the list of resources, and the next object */
};

/*
 * Appends a change. kind and what are static strings of the lists above; name and text are copied. -1: no memory, and
 * the list is incomplete.
 */
int reload_changes_add(struct reload_changes *l, const char *kind, const char *name, const char *what, const char *text);
/*
 * Appends the refusal of an ipconn, and takes r's entry; the text of the change has the place of the verdict. The list
 * owns the result. NULL without memory.
 */
struct reload_change *reload_changes_refusal(struct reload_changes *l, const char *name, const char *what, struct recheck_result *r);
/* Frees the refusal of c, which has been logged. */
void reload_changes_tell(struct reload_change *c);
/* Removes the change *at from its list; *at is the next one. */
void reload_changes_drop(struct reload_changes *l, struct reload_change **at);
/* Frees the changes with their refusals and record entries. The list is empty then. */
void reload_changes_free(struct reload_changes *l);

/* Appends the changes of `from`, which is empty then. */
void reload_changes_append(struct reload_changes *to, struct reload_changes *from);

/*
 * Appends the differences of two definitions in steps of some ten microseconds. r: the region in which `was` is in use;
 * NULL: none. succession: gets the ipconns that r has to make; NULL with r = NULL. Without memory entries are
 * missing. Both definitions must not change until the last step.
 */
void reload_changes_begin(struct reload_listing *l, const struct region *r, const struct definition *was, const struct definition *now,
	struct reload_changes *changes, struct succession *succession);
bool reload_changes_some(struct reload_listing *l); /* one step. False: it was the last */
/* All steps at once. */
void reload_changes_definitions(const struct region *r, const struct definition *was, const struct definition *now, struct reload_changes *l);
/* Appends the scripts, data files, ring, maps and saf in which g differs from the generation `was`. */
void reload_changes_files(const struct generation *was, const struct generation *g, struct reload_changes *l);
/*
 * True when d needs a listener of its own: its name is new, or its address or port has changed and its listener in r
 * has no socket of the service manager, which stays. r: NULL none.
 */
bool reload_changes_moves(const struct region *r, const struct definition *was, const struct tcpipservice_def *d);

#endif
