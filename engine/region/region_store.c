/* SPDX-License-Identifier: Apache-2.0 */
#include "region/region_store.h"

#include "base/log.h"
#include "policy/generation.h"
#include "policy/waits.h"
#include "region/region.h"
#include "store/store.h"
#include "tls/tls.h"

static void
region_store_event(void *arg, enum store_event e, const char *text)
{
	static const enum message messages[] = { [STORE_FOUND] = MSG_SP0130, [STORE_LOST] = MSG_SP0131, [STORE_DOUBTED] = MSG_SP0132 };
	struct region *r = arg;
	struct store_view v = store_look(r->worker.store);

	log_say(r->log, messages[e], "store", v.text, "server", v.place, "version", v.server != NULL ? v.server->version : "", "why", text, NULL);
}

int
region_store_begin(struct region *r)
{
	struct worker *w = &r->worker;
	char id[TOKEN_SIZE];

	if (tls_token(id) < 0)
		return -1;
	w->store = store_new(w->loop, w->threadpool, id, region_store_event, r);
	if (w->store == NULL)
		return -1;
	waits_use_store(w->waits, w->store);
	return 0;
}

void
region_store_follow(struct region *r)
{
	store_use(r->worker.store, r->worker.generation->store);
}
