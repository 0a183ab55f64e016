/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ccsid.h"
#include "client/command_line.h"
#include "client/connect_data.h"
#include "client/connect_options.h"
#include "client/connect_tls.h"
#include "net/interrupt.h"
#include "net/loop.h"
#include "tls/ring.h"
#include "ipic/sense.h"

/* --- TLS */

static struct tls_config *
configure(const struct connect_line *l, const char *dir, const char *label, struct fault *f)
{
	struct tls_options o = {
		.ring = connect_tls_ring(dir, f),
		.label = label != NULL ? label : "",
		.optional_own = true,
		.ciphers = "",
	};
	struct tls_config *c;

	connect_tls_versions(l, &o);
	c = o.ring != NULL ? tls_config_new(WAY_OUT, &o, f) : NULL;
	ring_unref(o.ring);
	return c;
}

static int
configure_both(const struct connect_line *l, struct connect_peer_options *o)
{
	const char *ring = l->value[OPT_RING], *ring2 = l->value[OPT_FURTHER_RING], *label2 = l->value[OPT_FURTHER_LABEL];
	struct fault f = { "" };

	if (ring != NULL && (o->socket[0].tls = configure(l, ring, l->value[OPT_LABEL], &f)) == NULL) {
		fprintf(stderr, "connect: %s\n", f.text);
		return -1;
	}
	if (ring2 == NULL && label2 == NULL) {
		o->socket[1].tls = ring != NULL ? tls_config_ref(o->socket[0].tls) : NULL;
		return 0;
	}
	if ((ring2 != NULL || ring != NULL) && (o->socket[1].tls = configure(l, ring2 != NULL ? ring2 : ring, label2, &f)) != NULL)
		return 0;
	fprintf(stderr, "connect: %s\n", f.text[0] != '\0' ? f.text : "--further-label needs a ring");
	return -1;
}

/* --- the outcome */

static void
put(json_t *o, const char *key, const char *value)
{
	if (value[0] != '\0')
		json_object_set_new(o, key, json_string(value));
}

static json_t *
outcome(const struct connect_peer_outcome *c)
{
	json_t *o = json_object();
	bool judged = c->accepted || c->refused;

	json_object_set_new(o, "accepted", json_boolean(c->accepted));
	json_object_set_new(o, "stage", judged ? json_string(stage_name(c->stage)) : json_null());
	json_object_set_new(o, "alert", c->alert[0] != '\0' ? json_string(c->alert) : json_null());
	json_object_set_new(o, "status", c->status != 0 ? json_integer(c->status) : json_null());
	if (c->has_answer)
		ipic_answer_members(o, &c->answer);
	put(o, "tls", c->version);
	put(o, "cipher", c->cipher);
	put(o, c->refused ? "detail" : "error", c->trouble);
	return o;
}

/* Sets data, when the bytes are text in their code page (UTF-8 when the answer names none), else data_hex. */
static void
put_data(json_t *o, const struct connect_requests_result *r)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = buf_len(&r->answer);
	const unsigned char *p = buf_bytes(&r->answer);
	struct buf text, hex;
	const char *why;

	buf_init(&text, 0);
	buf_init(&hex, 2 * (size_t)PAYLOAD_MAX);
	if (ccsid_convert(r->ccsid != 0 ? r->ccsid : CCSID_UTF8, CCSID_UTF8, len > 0 ? (const void *)p : "", len, &text, &why) == 0) {
		json_object_set_new(o, "data", json_stringn(buf_len(&text) > 0 ? (const char *)buf_bytes(&text) : "", buf_len(&text)));
	} else {
		for (size_t i = 0; i < len; i++)
			buf_add(&hex, (char[]){ digits[p[i] >> 4], digits[p[i] & 15] }, 2);
		json_object_set_new(o, "data_hex", json_stringn((const char *)buf_bytes(&hex), buf_len(&hex)));
	}
	if (r->ccsid != 0)
		json_object_set_new(o, "ccsid", json_integer(r->ccsid));
	buf_free(&text);
	buf_free(&hex);
}

static void
put_failure(json_t *o, const struct connect_requests_result *r)
{
	char sense[SENSE_TEXT];

	put(o, "sense", sense_print(r->sense, sense));
	put(o, "message", r->message);
	put(o, "words", sense_words(r->sense));
}

static void
put_requests(json_t *o, const struct connect_requests_result *r, const char *output)
{
	json_t *n = json_object();

	json_object_set_new(n, "sent", json_integer(r->sent));
	json_object_set_new(n, "answered", json_integer(r->answered));
	json_object_set_new(n, "failed", json_integer(r->failed));
	json_object_set_new(n, "conversations", json_integer(r->conversations));
	json_object_set_new(n, "seconds", json_real(r->seconds));
	json_object_set_new(n, "bytes", json_integer((json_int_t)r->bytes));
	put(n, "trouble", r->trouble);
	json_object_set_new(o, "requests", n);
	if (r->last == CONNECT_REQUESTS_ANSWERED && output == NULL)
		put_data(o, r);
	else if (r->last == CONNECT_REQUESTS_ANSWERED)
		put(o, "output", output);
	else if (r->last == CONNECT_REQUESTS_FAILED)
		put_failure(o, r);
}

static void
put_redirection(json_t *o, const struct connect_peer_result *r)
{
	json_t *to = json_object();

	put(to, "host", r->host);
	json_object_set_new(to, "port", json_integer(r->port));
	json_object_set_new(o, "redirected", to);
}

static void
print(const struct connect_line *l, bool requests, const struct connect_peer_result *r)
{
	json_t *o = outcome(&r->socket[0]);

	json_object_set_new(o, "sockets_open", json_integer(r->sockets_open));
	if (r->socket[1].dialled)
		json_object_set_new(o, "further", outcome(&r->socket[1]));
	if (r->released != NULL && l->value[OPT_HOLD] != NULL) {
		json_object_set_new(o, "released", json_string(r->released));
		json_object_set_new(o, "heartbeats", json_integer(r->heartbeats));
	}
	if (r->port != 0)
		put_redirection(o, r);
	if (requests && r->socket[0].accepted)
		put_requests(o, &r->requests, l->value[OPT_OUTPUT]);
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', stdout);
	json_decref(o);
}

static int
save(const struct connect_line *l, const struct connect_peer_result *r)
{
	const struct buf *b = &r->requests.answer;
	FILE *f;

	if (l->value[OPT_OUTPUT] == NULL || r->requests.last != CONNECT_REQUESTS_ANSWERED)
		return 0;
	f = fopen(l->value[OPT_OUTPUT], "w");
	if (f == NULL || fwrite(buf_len(b) > 0 ? (const void *)buf_bytes(b) : "", 1, buf_len(b), f) < buf_len(b) || fflush(f) != 0) {
		fprintf(stderr, "connect: %s: %s\n", l->value[OPT_OUTPUT], strerror(errno));
		if (f != NULL)
			fclose(f);
		return -1;
	}
	return fclose(f);
}

/* Prints the command that shows the region's reason. */
static void
point(const struct connect_peer_outcome *c)
{
	if (c->has_answer && c->answer.connection[0] != '\0')
		fprintf(stderr, "; sallyport explain %s\n", c->answer.connection);
	else
		fputs("; sallyport explain --last 1 --refused\n", stderr);
}

static void
complain_of(const struct connect_peer_outcome *c, const char *which)
{
	if (!c->refused && c->trouble[0] != '\0')
		fprintf(stderr, "connect: %s%s\n", which, c->trouble);
	if (!c->refused)
		return;
	fprintf(stderr, "connect: %srefused: %s%s%s", which, c->has_answer ? c->answer.reason : "", c->trouble[0] != '\0' && c->has_answer ? ": " : "",
		c->trouble);
	point(c);
}

static void
complain(const struct connect_peer_result *r)
{
	char sense[SENSE_TEXT];

	complain_of(&r->socket[0], "");
	complain_of(&r->socket[1], "further socket ");
	if (r->requests.trouble[0] != '\0')
		fprintf(stderr, "connect: requests: %s\n", r->requests.trouble);
	if (r->requests.last != CONNECT_REQUESTS_FAILED)
		return;
	fprintf(stderr, "connect: request refused: %s %s", sense_print(r->requests.sense, sense), sense_words(r->requests.sense));
	point(&r->socket[0]);
}

struct connection { /* the partner of the command, on a loop of its own */
	struct ev_loop *loop;      /* owned */
	struct connect_peer *peer; /* owned */
	struct interrupt interrupt;
	struct connect_peer_result result;
};

/* Prints the acceptance at once: the object follows at the end of the hold. */
static void
connect_say_in(void *arg)
{
	const struct capex_answer *a = &((struct connection *)arg)->result.socket[0].answer;

	fprintf(stderr, "connect: accepted as ipconn %s, connection %s\n", a->ipconn, a->connection);
}

static int
finish(const struct connect_line *l, bool requests, const struct connect_peer_result *r)
{
	const struct connect_peer_outcome *first = &r->socket[0];
	int saved = save(l, r);

	print(l, requests, r);
	complain(r);
	if (fflush(stdout) != 0 || saved < 0 || (first->accepted && r->requests.trouble[0] != '\0'))
		return EXIT_FAILED;
	if (first->accepted)
		return r->requests.failed > 0 ? EXIT_REFUSED : EXIT_DONE;
	return first->refused ? EXIT_REFUSED : EXIT_FAILED;
}

static void
connect_on_end(void *arg)
{
	struct connection *c = arg;

	loop_break(c->loop);
}

static void
connect_on_interrupt(void *arg)
{
	struct connection *c = arg;

	connect_peer_stop(c->peer);
}

/* Runs the partner to its end. -1: there is no loop, or no memory. */
static int
run_peer(struct connection *c, const struct connect_peer_options *o)
{
	c->loop = loop_new();
	c->peer = c->loop != NULL ? connect_peer_begin(o, c->loop, &c->result) : NULL;
	if (c->peer != NULL) {
		interrupt_start(&c->interrupt, c->loop, connect_on_interrupt, c); /* after the look-up, which blocks */
		loop_run(c->loop);
		interrupt_stop(&c->interrupt);
	} else {
		fprintf(stderr, "connect: no event loop: %s\n", strerrordesc_np(errno));
	}
	connect_peer_free(c->peer);
	loop_free(c->loop);
	return c->peer != NULL ? 0 : -1;
}

static int
perform(const struct connect_line *l, struct connect_peer_options *o)
{
	struct connection c = { .loop = NULL };
	int status = EXIT_FAILED;

	o->in = connect_say_in;
	o->over = connect_on_end;
	o->arg = &c;
	if (configure_both(l, o) < 0)
		return EXIT_FAILED;
	if (run_peer(&c, o) == 0)
		status = finish(l, o->requests.wanted, &c.result);
	buf_free(&c.result.requests.answer);
	return status;
}

/* Fills both parts, so that every wrong value has its sentence. */
static int
fill(const struct connect_line *l, struct connect_peer_options *o)
{
	int bad = connect_options_target(l, o);

	bad |= connect_options_fill(l, o);
	return bad | connect_data_fill(l, &o->requests);
}

int
connect_run(int argc, char **argv)
{
	struct connect_line l = { .command = argv[0] };
	struct connect_peer_options o = { .port = 0 };
	int status = EXIT_USAGE;

	if (connect_options_read(&l, argc, argv) < 0 || (l.value[OPT_HELP] == NULL && fill(&l, &o) != 0))
		fprintf(stderr, "%.*s\nsallyport connect --help has all options\n", (int)strcspn(connect_options_usage, "\n"), connect_options_usage);
	else if (l.value[OPT_HELP] != NULL)
		status = fputs(connect_options_usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	else
		status = perform(&l, &o);
	connect_data_free(&o.requests);
	for (size_t n = 0; n < CONNECT_PEER_SOCKETS; n++)
		if (o.socket[n].tls != NULL)
			tls_config_unref(o.socket[n].tls);
	return status;
}
