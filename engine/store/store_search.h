/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_search: finds a master among the servers that the settings name, or by their sentinels: host after host,
 * address after address, each within its time.
 */
#ifndef SALLYPORT_STORE_SEARCH_H
#define SALLYPORT_STORE_SEARCH_H

#include "store/store_greeting.h"

struct threadpool;
struct store_search;

#define STORE_TRY_SECONDS 1.0 /* for one address: its connection, TLS, greeting */
#define STORE_PLACE 160

struct store_search_end {
	struct store_link *link; /* owned by the callee, that must hand it to an owner at once; NULL: none was found */
	const struct store_welcome *welcome;
	const char *place;       /* the server that was found, or the last one that was tried */
	const char *why;         /* without a link: a sentence */
};

/*
 * Begins a search; done(arg, end) is called once, from the loop, never inside this call. The settings are borrowed.
 * NULL: no memory.
 */
struct store_search *store_search_begin(struct ev_loop *loop, struct threadpool *resolver, const struct store_settings *s,
	void (*done)(void *arg, const struct store_search_end *end), void *arg);
/* Ends it; done() is not called. Must not be called after done(). NULL is fine. */
void store_search_cancel(struct store_search *x);

#endif
