/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve: addresses of a host name, and the name of an address, without blocking the loop (getaddrinfo and
 * getnameinfo, so that nsswitch is honoured). A numeric address needs no thread.
 */
#ifndef SALLYPORT_RESOLVE_H
#define SALLYPORT_RESOLVE_H

#include "base/addr.h"
#include "net/threadpool.h"

#define RESOLVE_MAX 8
#define RESOLVE_NAME 256

struct resolution { /* the result */
	struct addr addr[RESOLVE_MAX]; /* in the order in which to try them (RFC 6724, gai.conf); no duplicates */
	unsigned n;    /* 0: error has a sentence, or the look-up was of an address */
	char name[RESOLVE_NAME]; /* of a look-up of an address; "" none */
	char error[128];
};

struct resolving; /* a look-up under way */

/* True when host is a numeric address ("10.1.2.3", "::1"): *r holds it with the port, and no look-up is needed. */
bool resolve_numeric(const char *host, int port, struct resolution *r);
struct resolve_request {
	struct threadpool *threads; /* borrowed */
	/*
	 * At most two questions to each name server, for a second each; resolv.conf cannot make it longer. Else a
	 * look-up may take as long as the system's resolver lets it.
	 */
	bool brief;
	void (*done)(void *arg, const struct resolution *r); /* called once, from the loop, never inside resolve_begin */
	void *arg;
};

/*
 * Begins a look-up; the addresses get the port. A host that getaddrinfo reads as a number in an older form ("127.1")
 * gets no address. NULL: the threadpool is full, or no memory.
 */
struct resolving *resolve_begin(const struct resolve_request *q, const char *host, int port);
/* Begins a look-up of the address's name (getnameinfo), as resolve_begin. The resolution has the name, or an error. */
struct resolving *resolve_begin_name(const struct resolve_request *q, const struct addr *a);
/* done() is not called. Must not be called after done(). */
void resolve_cancel(struct resolving *r);

#endif
