/* SPDX-License-Identifier: Apache-2.0 */
/* inquire store: the shared store as the region sees it. */
#include "admin/inquire_row.h"

#include "region/region.h"
#include "store/store.h"

static json_t *
doubts_of(const struct store_server *server)
{
	json_t *list = json_array();
	const char *rule;

	for (unsigned i = 0; server != NULL && i < STORE_DOUBTS; i++)
		if (store_server_doubt(server, i, &rule) != NULL)
			json_array_append_new(list, json_string(rule));
	return list;
}

bool
inquire_store_step(struct query *q)
{
	struct store_view v = store_look(q->region->worker.store);
	json_t *row;

	if (v.state == STORE_OFF || !inquire_wanted(q, v.text))
		return false;
	row = json_object();
	inquire_put(row, "store", v.text);
	inquire_put(row, "state", store_state_name(v.state));
	inquire_put(row, "server", v.place);
	inquire_put(row, "version", v.server != NULL ? v.server->version : "");
	inquire_put_number(row, "since", v.since);
	inquire_put_number(row, "regions", v.regions);
	inquire_put_number(row, "asked", (double)v.counts.asked);
	inquire_put_number(row, "failed", (double)v.counts.failed);
	inquire_put_number(row, "estimated", (double)v.counts.estimated);
	inquire_put_number(row, "reads", (double)v.counts.reads);
	inquire_put_number(row, "found", (double)v.counts.found);
	inquire_put_number(row, "waiting", (double)v.waiting);
	inquire_put(row, "why", v.why);
	json_object_set_new(row, "doubts", doubts_of(v.server));
	json_array_append_new(q->rows, row);
	return false;
}
