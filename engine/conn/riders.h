/* SPDX-License-Identifier: Apache-2.0 */
/*
 * riders: the callbacks by which conn/ reaches the conversations on installed connections. request/session_riders.c
 * defines the table, the region puts it into the worker. conn/ does not include request/.
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
	 * a protocol violation; the caller closes the connection.
	 */
	int (*message)(struct conn *c, const struct ipic_message *m, const char **why);
	/* All elements that had arrived were handed in: sends the pacing messages that are due. */
	void (*taken)(struct conn *c);
	/* The connection has room again: conversations that waited for room continue to send. */
	void (*flushed)(struct conn *c);
	/* The connection is gone: cancels its tasks, fails its shipments, counts its open conversations as in doubt. */
	void (*lost)(struct conn *c);
	/* Frees the conversations that ended in this turn. */
	void (*bury)(struct worker *w);
	/* The number of open conversations in both directions. A release waits for them. */
	unsigned (*busy)(const struct ipconn *i);
	/* Ends all conversations by the purge type `how`. */
	void (*purge)(struct ipconn *i, const char *how);
	/* The ipconn changed its state: requests that wait for a session continue or fail. */
	void (*queue)(struct ipconn *i);
};

#endif
