/* SPDX-License-Identifier: Apache-2.0 */
/* program_url: a program at a URL: posts the data of the request there; headers have its identity. */
#include "request/program.h"

#include "net/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS = 11, HEADER_SIZE = 64 };

struct forwarding { /* t->running */
	struct http_transfer *transfer;
	char line[HEADERS][HEADER_SIZE];
	const char *header[HEADERS];
	size_t n;
};

/* Adds a header. The values were checked on receipt; one with a control character is refused here too. */
static bool
is_clean(const char *value)
{
	for (; *value != '\0'; value++)
		if (*value <= ' ' || *value > '~')
			return false;
	return true;
}

/* Adds the headers of the identity. A header without a value is left out. */
static int
add(struct forwarding *w, const char *name, const char *value)
{
	if (value[0] == '\0')
		return 0;
	if (!is_clean(value))
		return -1;
	snprintf(w->line[w->n], HEADER_SIZE, "Sallyport-%s: %s", name, value);
	w->header[w->n] = w->line[w->n];
	w->n++;
	return 0;
}

static int
add_headers(struct forwarding *w, const struct task *t)
{
	const struct region_def *r = &t->generation->definition->region;
	char ccsid[12] = "", region[2 * NAME_SIZE];
	int ok;

	if (t->ccsid != 0)
		snprintf(ccsid, sizeof ccsid, "%d", t->ccsid);
	snprintf(region, sizeof region, "%s.%s", r->networkid, r->applid);
	ok = add(w, "Userid", t->users.task);
	ok |= add(w, "Link-User", t->users.link);
	ok |= add(w, "Ipconn", t->ipconn->def->ipconn);
	ok |= add(w, "Applid", t->ipconn->def->applid);
	ok |= add(w, "Networkid", t->ipconn->def->networkid);
	ok |= add(w, "Tran", t->request.tran);
	ok |= add(w, "Program", t->program->program);
	ok |= add(w, "Connection", t->conn->facts->connection);
	ok |= add(w, "Region", region);
	ok |= add(w, "Ccsid", ccsid);
	return ok;
}

static void
program_url_answered(void *arg, const char *why)
{
	struct task *t = arg;

	free(t->running);
	t->running = NULL;
	t->stop = NULL;
	if (why == NULL) {
		t->answer_ccsid = t->ccsid;
		program_end(t);
	} else {
		program_failed(t, SENSE_ABENDED, "%s: %s", t->program->url, why);
	}
}

static void
program_url_stop(struct task *t)
{
	struct forwarding *w = t->running;

	http_client_cancel(w->transfer);
	free(w);
	t->running = NULL;
}

static int
send_it(struct task *t, struct forwarding *w, struct fault *f)
{
	struct http_post p = {
		.url = t->program->url,
		.header = w->header,
		.nheaders = w->n,
		.data = t->data,
		.len = t->len,
		.timeout = t->program->timeout,
		.ring = t->generation->ring,
		.answer = &t->answer,
		.held = &t->worker->held,
		.held_max = (size_t)t->generation->definition->region.conversation_kilobytes * 1024,
		.done = program_url_answered,
		.arg = t,
	};

	if (t->worker->backend == NULL)
		t->worker->backend = http_client_new(t->worker->loop, t->worker->threadpool, &(struct lookup_rules){ .share = 0 });
	if (t->worker->backend == NULL)
		return fault_set(f, "no memory for transfers");
	w->transfer = http_client_post(t->worker->backend, &p, f);
	return w->transfer != NULL ? 0 : -1;
}

void
program_url_begin(struct task *t)
{
	struct forwarding *w = calloc(1, sizeof *w);
	struct fault f = { .text = "no memory for a transfer" };

	if (w == NULL || (add_headers(w, t) < 0 && fault_set(&f, "a name of the request cannot be a header")) || send_it(t, w, &f) < 0) {
		free(w);
		program_failed(t, SENSE_SYSTEM_ERROR, "%s: %s", t->program->url, f.text);
		return;
	}
	t->running = w;
	t->stop = program_url_stop;
}
