/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the client of one worker to the shared store (Redis, Valkey): one connection, on which the calls of all
 * scripts go out one behind the other without waiting for each other. A store that does not answer is a breaker that
 * opens: calls fail at once, and only the search of a server goes on, with growing pauses. A command is sent once: when
 * its answer is lost with the connection, it is not sent again.
 */
#ifndef SALLYPORT_STORE_H
#define SALLYPORT_STORE_H

#include <stdint.h>

#include "store/store_codec.h"
#include "store/store_script.h"
#include "store/store_server.h"
#include "store/store_settings.h"

struct ev_loop;
struct store;
struct store_call;

#define STORE_SILENCE_SECONDS 1.0 /* a connection without a byte for so long, while a command waits, is closed */
#define STORE_BEAT_SECONDS 2.0    /* between two signs of life of a region in the store */
#define STORE_FORGET_SECONDS 10.0 /* after which the regions forget one without a sign of life */
#define STORE_CALLS_MAX 65536     /* commands without a reply on one connection */
#define STORE_WHY 320

enum store_state {
	STORE_OFF,     /* the region names none */
	STORE_FINDING, /* a server is searched, and calls wait for it */
	STORE_UP,
	STORE_DOWN,    /* calls fail at once; a server is searched from time to time */
};

enum store_event { STORE_FOUND, STORE_LOST, STORE_DOUBTED };

struct store_counts {
	uint64_t asked, failed; /* calls; of them, those that the store did not answer in time */
	uint64_t reads;         /* calls of re-asks that were not in the record, and changed nothing */
	uint64_t found;         /* times that a server was found */
	uint64_t estimated;     /* takes of a rate that the region decided without the store */
};

struct store_view {
	enum store_state state;
	const char *text;              /* the address of the definition; "" none */
	const char *place;             /* the server; "" none was tried */
	const char *why;               /* why no server is in use; "" one is in use */
	const struct store_server *server; /* while STORE_UP, else NULL */
	double since;                  /* clock_wall() of the last change of the state */
	size_t waiting;                /* calls */
	unsigned regions;              /* that were seen last; 0: never */
	struct store_counts counts;
};

struct store_question { /* borrowed during store_ask */
	enum store_script script;  /* STORE_SCRIPTS: the words are a command of the server */
	struct store_words words;  /* of a script: its key, then its arguments */
	bool uncounted;            /* it is no call of a script */
	bool reads;                /* a call of a re-ask, in place of one that would change something; it counts as such */
	/*
	 * Called once, from the loop, never inside store_ask and not after store_cancel. reply NULL: none came, and
	 * why has the reason. Both are borrowed.
	 */
	void (*done)(void *arg, const struct store_reply *reply, const char *why);
	void *arg;
};

/*
 * loop is borrowed. id: a word that no other region has. NULL: no memory. event(arg, e, text) is called
 * from the loop: text is the reason of STORE_LOST and the sentence of STORE_DOUBTED.
 */
struct store *store_new(struct ev_loop *loop, const char *id, void (*event)(void *arg, enum store_event e, const char *text),
	void *arg);
/* Drops all calls without calling done(). NULL is fine. */
void store_free(struct store *s);
/*
 * Uses these settings from now on, of which it takes a reference; NULL: no store. Equal settings keep the connection.
 */
void store_use(struct store *s, struct store_settings *settings);
/*
 * Sets the longest pause between two searches of a server, in seconds, when shorter than the usual one; 0: the usual
 * one.
 */
void store_pause_at_most(struct store *s, double seconds);

/* Puts a question. NULL with a sentence: the store is down, the region has no store, or too many calls wait. */
struct store_call *store_ask(struct store *s, const struct store_question *q, struct fault *f);
/* done() is not called; a reply that comes is dropped. Must not be called after done(). */
void store_cancel(struct store_call *c);
/* Counts a decision that was made without the store. */
void store_estimated(struct store *s);
/* The present state; its pointers are valid until the next turn of the loop. */
struct store_view store_look(const struct store *s);
/* "OFF", "FINDING", "UP", "DOWN". Static. */
const char *store_state_name(enum store_state s);

#endif
