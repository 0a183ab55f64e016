/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_probe.h"

#include "net/loop.h"
#include "net/threadpool.h"
#include "store/store_search.h"

struct probe {
	struct ev_loop *loop; /* owned */
	struct store_server *out;
	struct fault *fault;
	int status;
};

static void
store_probe_done(void *arg, const struct store_search_end *end)
{
	struct probe *p = arg;

	if (end->link != NULL) {
		*p->out = end->welcome->server;
		p->status = 0;
		store_link_close(end->link);
	} else {
		fault_set(p->fault, "%s", end->why);
	}
	loop_break(p->loop);
}

int
store_probe(const struct store_settings *s, struct store_server *out, struct fault *f)
{
	struct probe p = { .loop = loop_new(), .out = out, .fault = f, .status = -1 };
	struct threadpool *resolver = p.loop != NULL ? threadpool_new(p.loop, 1, 1) : NULL;

	fault_set(f, "no memory to search a server");
	if (resolver != NULL && store_search_begin(p.loop, resolver, s, store_probe_done, &p) != NULL)
		loop_run(p.loop);
	threadpool_free(resolver);
	loop_free(p.loop);
	return p.status;
}
