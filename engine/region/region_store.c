/* SPDX-License-Identifier: Apache-2.0 */
#include "region/region_store.h"

#include "base/log.h"
#include "policy/generation.h"
#include "policy/rates.h"
#include "policy/waits.h"
#include "region/region.h"
#include "region/region_sysplex.h"
#include "store/store.h"
#include "tls/tls.h"

/* The connections of all workers lead to one server: the messages are those of the home. */
static void
region_store_event(void *arg, enum store_event e, const char *text)
{
	static const enum message messages[] = { [STORE_FOUND] = MSG_SP0130, [STORE_LOST] = MSG_SP0131, [STORE_DOUBTED] = MSG_SP0132 };
	struct worker *w = arg;
	struct store_view v = store_look(w->store);

	if (w->number != 0)
		return;
	log_say(w->log, messages[e], "store", v.text, "server", v.place, "version", v.server != NULL ? v.server->version : "", "why", text, NULL);
	if (e == STORE_FOUND)
		region_sysplex_found(w->region);
}

int
region_store_new(struct region *r)
{
	r->estimates = rates_new();
	r->debts = rates_new();
	return r->estimates != NULL && r->debts != NULL && tls_token(r->store_name) == 0 ? 0 : -1;
}

int
region_store_begin(struct region *r, struct worker *w)
{
	w->store = store_new(w->loop, r->store_name, region_store_event, w);
	if (w->store == NULL)
		return -1;
	waits_use_store(w->waits, w->store);
	return w->number == 0 ? region_sysplex_begin(r) : 0;
}

void
region_store_follow(struct worker *w)
{
	store_use(w->store, w->generation->store);
	if (w->number == 0)
		region_sysplex_follow(w->region);
}

void
region_store_end(struct region *r)
{
	region_sysplex_free(r);
	store_free(r->worker.store);
}

void
region_store_free(struct region *r)
{
	rates_free(r->estimates);
	rates_free(r->debts);
}
