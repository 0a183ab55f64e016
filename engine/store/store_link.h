/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_link: one connection to a server of the store: TCP, TLS or a Unix socket, commands out, replies in, in the same
 * order. It takes no decision: its owner closes it after `lost`.
 */
#ifndef SALLYPORT_STORE_LINK_H
#define SALLYPORT_STORE_LINK_H

#include "base/addr.h"
#include "store/store_codec.h"

struct ev_loop;
struct store_link;
struct tls_config;

struct store_turn { /* a command that waits for its reply; embedded in an object of the owner */
	struct store_turn *next;
	double sent; /* clock_span() */
	/* Called once, from the loop; the reply is borrowed. Not called when the link is closed before. */
	void (*answered)(struct store_turn *t, const struct store_reply *r);
};

struct store_end { /* the server; borrowed during store_link_open */
	struct addr addr;       /* of family 0: path has a Unix socket */
	const char *path;
	const char *host;       /* the name that its certificate must have */
	struct tls_config *tls; /* NULL: plain */
};

struct store_link_owner {
	void (*up)(void *arg);                    /* the connection stands, with TLS */
	void (*lost)(void *arg, const char *why); /* once; store_link_close must follow, inside or later */
	void *arg;
};

/* Begins to connect; both callbacks come from the loop, never inside this call. NULL with a sentence. */
struct store_link *store_link_open(struct ev_loop *loop, const struct store_end *to, const struct store_link_owner *owner, struct fault *f);
/* From now on the callbacks are those of another owner. */
void store_link_hand(struct store_link *l, const struct store_link_owner *owner);
/* Closes at once. Returns the turns that have no reply, in their order. NULL is fine. */
struct store_turn *store_link_close(struct store_link *l);

/*
 * Sends a command (head: the words before `words`; NULL: none) and puts t at the end of the turns. -1: the buffer is
 * full.
 */
int store_link_send(struct store_link *l, const struct store_words *head, const struct store_words *words, struct store_turn *t);
/* The same with the bytes of a command. */
int store_link_send_bytes(struct store_link *l, const void *bytes, size_t n, struct store_turn *t);
/* The seconds that the first turn waits and in which no byte came; 0: no turn waits. */
double store_link_silence(const struct store_link *l);
/* The turns that have no reply. */
size_t store_link_waiting(const struct store_link *l);

#endif
