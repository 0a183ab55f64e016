/* SPDX-License-Identifier: Apache-2.0 */
/* resolve: a host's name to addresses, beside the loop (getaddrinfo, so that nsswitch is honoured). A numeric address needs no thread. */
#ifndef SALLYPORT_RESOLVE_H
#define SALLYPORT_RESOLVE_H

#include "base/addr.h"
#include "net/threadpool.h"

#define RESOLVE_MAX 8

struct resolution { /* what came of it */
	struct addr addr[RESOLVE_MAX]; /* in the order they should be tried (RFC 6724, gai.conf); none twice */
	unsigned n;    /* 0: error says why */
	char error[128];
};

struct resolving; /* one under way */

/* True when host is a numeric address ("10.1.2.3", "::1"): *r holds it, with port, and nothing else needs to be asked. */
bool resolve_numeric(const char *host, int port, struct resolution *r);
/* done(arg, r) is called once, from the loop, never from inside this call. NULL: the threadpool is full, no memory. port is put into the addresses. A host
 * that getaddrinfo reads as a number in an older form ("127.1") has no address. */
struct resolving *resolve_begin(struct threadpool *c, const char *host, int port, void (*done)(void *arg, const struct resolution *r), void *arg);
/* done() will not be called. Not after it was. */
void resolve_cancel(struct resolving *r);

#endif
