/* SPDX-License-Identifier: Apache-2.0 */
/* control_stream: an answer of many rows is made in slices, one client a turn, and never much further than the client reads. */
#include "admin/control_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SLICE_SECONDS 0.002
#define AHEAD (256 * 1024) /* bytes that are made and not yet sent; then the client has to read first */

#define HEAD "{\"status\":0,\"rows\":["
#define TAIL "]}\n"

void
control_stream(struct control_asker *asker, const struct control_source *source)
{
	asker->client->source = *source;
	asker->client->streaming = true;
	asker->client->begun = false;
}

void
control_stream_end(struct client *k)
{
	if (!k->streaming)
		return;
	k->streaming = false;
	k->source.end(k->source.arg);
}

static int
add(struct client *k, const char *text)
{
	return buf_add(&k->out, text, strlen(text));
}

static int
add_row(struct client *k, const json_t *row)
{
	char *text = json_dumps(row, CONTROL_FORMAT);
	int rc = text != NULL ? add(k, k->begun ? "," : HEAD) : -1;

	if (rc == 0)
		rc = add(k, text);
	free(text);
	k->begun = true;
	return rc;
}

/* What closes the answer: without a row it may be another than a list. */
static int
conclude(struct client *k)
{
	int rc = k->begun ? add(k, TAIL) : control_add_line(k, k->source.none(k->source.arg));

	control_stream_end(k);
	return rc;
}

/* -1: no memory; the answer breaks off, and a broken answer is not valid JSON. */
static int
step(struct client *k)
{
	json_t *rows = json_array(), *row;
	bool more = rows != NULL && k->source.more(k->source.arg, rows);
	int rc = rows != NULL ? 0 : -1;
	size_t i;

	json_array_foreach(rows, i, row)
		if (rc == 0)
			rc = add_row(k, row);
	json_decref(rows);
	return rc == 0 && !more ? conclude(k) : rc;
}

static bool
ready(const struct client *k)
{
	return k->streaming && buf_len(&k->out) < AHEAD;
}

/* The first that is ready goes to the end of the list. */
static struct client *
next_ready(struct control *c)
{
	struct client **p = &c->clients, **last, *k;

	while (*p != NULL && !ready(*p))
		p = &(*p)->next;
	k = *p;
	if (k == NULL)
		return NULL;
	*p = k->next;
	for (last = p; *last != NULL; last = &(*last)->next)
		;
	*last = k;
	k->next = NULL;
	return k;
}

void
control_stream_slice(void *arg)
{
	struct control *c = arg;
	struct client *k = next_ready(c);
	double until = clock_span() + SLICE_SECONDS;
	int rc = 0;

	if (k == NULL)
		return;
	ev_timer_again(c->loop, &k->deadline);
	do
		rc = step(k);
	while (rc == 0 && ready(k) && clock_span() < until);
	if (rc < 0)
		control_client_close(k);
	else
		control_send(k);
	control_stream_wake(c);
}

void
control_stream_wake(struct control *c)
{
	for (const struct client *k = c->clients; k != NULL; k = k->next)
		if (ready(k)) {
			timer_set(&c->slice, 0);
			return;
		}
}
