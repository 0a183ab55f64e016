/* SPDX-License-Identifier: Apache-2.0 */
/*
 * riders: the conversations that ride on installed connections, as conn/ calls them. request/session.c defines the
 * table, the region puts it into the worker. conn/ knows no conversation.
 */
#ifndef SALLYPORT_RIDERS_H
#define SALLYPORT_RIDERS_H

struct conn;
struct ipconn;
struct ipic_message;
struct worker;

struct riders { /* every member is set */
	/*
	 * Takes one data or expd element of an installed connection; m is borrowed for the call. -1 with *why (static):
	 * the partner broke the rules, and the caller closes the connection.
	 */
	int (*message)(struct conn *c, const struct ipic_message *m, const char **why);
	/* All elements that had come were handed in: pacing messages that are due go out. */
	void (*taken)(struct conn *c);
	/* The connection has room again: conversations that waited for room send on. */
	void (*flushed)(struct conn *c);
	/* The connection is gone: its tasks are cancelled, its shipments fail, its open conversations count as in doubt. */
	void (*lost)(struct conn *c);
	/* Frees the conversations that ended in this turn. */
	void (*bury)(struct worker *w);
	/* How many conversations of either direction are open. A release waits for them. */
	unsigned (*busy)(const struct ipconn *i);
	/* Ends all conversations by the purge type `how`. */
	void (*purge)(struct ipconn *i, const char *how);
	/* The ipconn changed its state: requests that wait for a session go on or fail. */
	void (*queue)(struct ipconn *i);
};

#endif
