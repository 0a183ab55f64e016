/* SPDX-License-Identifier: Apache-2.0 */
#include "partner.h"

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "caller.h"
#include "ring.h"

enum { ACCEPTED = 0, FAILED = 1, USAGE = 2, REFUSED = 3 };

#define DEFAULT_SENDCOUNT 100 /* what clients ask for when they are not told (IPIC.md 2.4) */
#define DEFAULT_TIMEOUT 15.0

static const char usage[] =
	"usage: sallyport connect --to HOST:PORT [--applid A] [--networkid N] [--ring DIR [--label L]] [option ...]\n"
	"Dials a region as a partner, does TLS when a ring is given, sends CAPEX, and prints one JSON object.\n"
	"  --to HOST:PORT          the region's tcpipservice; [V6]:PORT for IPv6\n"
	"  --applid A              who we are; absent is the blank APPLID\n"
	"  --networkid N           absent is the region's own\n"
	"  --ring DIR              TLS, with the certificate and the signers of this ring\n"
	"  --label L               which certificate of the ring (default: its default)\n"
	"  --tls1.2  --tls1.3      only this version\n"
	"  --sendcount N           sessions we want to send on (default 100)\n"
	"  --receivecount N        sessions we offer to receive on (default 0)\n"
	"  --port P  --host H      where we could be called back (default -1: nowhere)\n"
	"  --server-applid A       whom we think we are calling, checked by the region\n"
	"  --server-networkid N\n"
	"  --sockets 1|2           how many sockets we want (default 1)\n"
	"  --hold SECONDS          stay that long, answering heartbeats, then release\n"
	"  --timeout SECONDS       for each socket, from dialling to the answer (default 15)\n"
	"To be a bad partner:\n"
	"  --no-heartbeat          leave heartbeats unanswered\n"
	"  --cut 1|2               reset that socket in place of release\n"
	"  --no-further            ask for two sockets, open one\n"
	"  --token T               with this token, as a further socket of somebody's\n"
	"  --further-token T  --further-ring DIR  --further-label L  --further-applid A  --further-networkid N\n"
	"                          what the second socket does otherwise than the first\n"
	"Exit status: 0 accepted, 1 failed, 2 usage, 3 refused by the partner.\n";

enum option_id {
	OPT_TO = 1, OPT_APPLID, OPT_NETWORKID, OPT_RING, OPT_LABEL, OPT_TLS12, OPT_TLS13, OPT_SENDCOUNT, OPT_RECEIVECOUNT, OPT_PORT, OPT_HOST,
	OPT_SERVER_APPLID, OPT_SERVER_NETWORKID, OPT_SOCKETS, OPT_HOLD, OPT_TIMEOUT, OPT_NO_HEARTBEAT, OPT_CUT, OPT_NO_FURTHER, OPT_TOKEN,
	OPT_FURTHER_TOKEN, OPT_FURTHER_RING, OPT_FURTHER_LABEL, OPT_FURTHER_APPLID, OPT_FURTHER_NETWORKID, OPT_HELP, OPT_COUNT,
};

static const struct option options[] = {
	{ "to", required_argument, NULL, OPT_TO },
	{ "applid", required_argument, NULL, OPT_APPLID },
	{ "networkid", required_argument, NULL, OPT_NETWORKID },
	{ "ring", required_argument, NULL, OPT_RING },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "tls1.2", no_argument, NULL, OPT_TLS12 },
	{ "tls1.3", no_argument, NULL, OPT_TLS13 },
	{ "sendcount", required_argument, NULL, OPT_SENDCOUNT },
	{ "receivecount", required_argument, NULL, OPT_RECEIVECOUNT },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "server-applid", required_argument, NULL, OPT_SERVER_APPLID },
	{ "server-networkid", required_argument, NULL, OPT_SERVER_NETWORKID },
	{ "sockets", required_argument, NULL, OPT_SOCKETS },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "no-heartbeat", no_argument, NULL, OPT_NO_HEARTBEAT },
	{ "cut", required_argument, NULL, OPT_CUT },
	{ "no-further", no_argument, NULL, OPT_NO_FURTHER },
	{ "token", required_argument, NULL, OPT_TOKEN },
	{ "further-token", required_argument, NULL, OPT_FURTHER_TOKEN },
	{ "further-ring", required_argument, NULL, OPT_FURTHER_RING },
	{ "further-label", required_argument, NULL, OPT_FURTHER_LABEL },
	{ "further-applid", required_argument, NULL, OPT_FURTHER_APPLID },
	{ "further-networkid", required_argument, NULL, OPT_FURTHER_NETWORKID },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

struct line { /* the command line, by option; "" for a flag that is given, NULL for what is not */
	const char *value[OPT_COUNT];
};

static int
read_line(struct line *l, int argc, char **argv)
{
	int opt;

	optind = 0; /* starts anew, however often it is called in one process */
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt <= 0 || opt >= OPT_COUNT)
			return -1;
		l->value[opt] = optarg != NULL ? optarg : "";
	}
	return optind == argc ? 0 : -1;
}

/* --- values; each complains and answers -1 for one that cannot be */

static int
text(const struct line *l, int opt, char *out, size_t size)
{
	if (l->value[opt] == NULL || snprintf(out, size, "%s", l->value[opt]) < (int)size)
		return 0;
	fprintf(stderr, "connect: --%s %s: at most %zu bytes\n", options[opt - 1].name, l->value[opt], size - 1);
	return -1;
}

static int
number(const struct line *l, int opt, int min, int max, int *out)
{
	char *end;
	long n;

	if (l->value[opt] == NULL)
		return 0;
	n = strtol(l->value[opt], &end, 10);
	if (end != l->value[opt] && *end == '\0' && n >= min && n <= max) {
		*out = (int)n;
		return 0;
	}
	fprintf(stderr, "connect: --%s %s: %d to %d\n", options[opt - 1].name, l->value[opt], min, max);
	return -1;
}

static int
seconds(const struct line *l, int opt, double *out)
{
	char *end;
	double n;

	if (l->value[opt] == NULL)
		return 0;
	n = strtod(l->value[opt], &end);
	if (end != l->value[opt] && *end == '\0' && isfinite(n) && n >= 0 && n <= 1e6) {
		*out = n;
		return 0;
	}
	fprintf(stderr, "connect: --%s %s: seconds, 0 to 1000000\n", options[opt - 1].name, l->value[opt]);
	return -1;
}

static int
target(const struct line *l, struct caller_options *o)
{
	struct fault f;

	if (l->value[OPT_TO] == NULL) {
		fprintf(stderr, "connect: --to HOST:PORT is needed\n");
		return -1;
	}
	if (addr_split(l->value[OPT_TO], o->host, sizeof o->host, &o->port, &f) == 0)
		return 0;
	fprintf(stderr, "connect: --to %s: %s\n", l->value[OPT_TO], f.text);
	return -1;
}

/* Names go out as they are typed: a tester wants to see them refused. */
static int
capex(const struct line *l, struct capex *c)
{
	int bad = 0;

	*c = (struct capex){ .port = -1, .sendcount = DEFAULT_SENDCOUNT, .sockets = 1, .socket = 1 };
	bad |= text(l, OPT_APPLID, c->applid, sizeof c->applid);
	bad |= text(l, OPT_NETWORKID, c->networkid, sizeof c->networkid);
	bad |= text(l, OPT_SERVER_APPLID, c->server_applid, sizeof c->server_applid);
	bad |= text(l, OPT_SERVER_NETWORKID, c->server_networkid, sizeof c->server_networkid);
	bad |= text(l, OPT_HOST, c->host, sizeof c->host);
	bad |= text(l, OPT_TOKEN, c->token, sizeof c->token);
	bad |= number(l, OPT_PORT, -65536, 65536, &c->port);
	bad |= number(l, OPT_SENDCOUNT, -1, 100000, &c->sendcount);
	bad |= number(l, OPT_RECEIVECOUNT, -1, 100000, &c->receivecount);
	bad |= number(l, OPT_SOCKETS, 1, 2, &c->sockets);
	return bad;
}

static int
further(const struct line *l, struct capex *c)
{
	int bad = text(l, OPT_FURTHER_APPLID, c->applid, sizeof c->applid);

	bad |= text(l, OPT_FURTHER_NETWORKID, c->networkid, sizeof c->networkid);
	c->token[0] = '\0';
	return bad | text(l, OPT_FURTHER_TOKEN, c->token, sizeof c->token);
}

static int
fill(const struct line *l, struct caller_options *o)
{
	int bad = target(l, o);

	bad |= capex(l, &o->socket[0].capex);
	o->socket[1].capex = o->socket[0].capex;
	bad |= further(l, &o->socket[1].capex);
	o->further = o->socket[0].capex.sockets == 2 && l->value[OPT_NO_FURTHER] == NULL;
	o->timeout = DEFAULT_TIMEOUT;
	bad |= seconds(l, OPT_TIMEOUT, &o->timeout);
	bad |= seconds(l, OPT_HOLD, &o->hold);
	bad |= number(l, OPT_CUT, 1, 2, &o->cut);
	o->no_heartbeat = l->value[OPT_NO_HEARTBEAT] != NULL;
	if (l->value[OPT_RING] == NULL && (l->value[OPT_LABEL] != NULL || l->value[OPT_TLS12] != NULL || l->value[OPT_TLS13] != NULL)) {
		fprintf(stderr, "connect: --label, --tls1.2 and --tls1.3 need --ring DIR\n");
		bad = -1;
	}
	return bad;
}

/* --- TLS */

static struct tls_config *
configure(const struct line *l, const char *dir, const char *label, struct fault *f)
{
	bool only12 = l->value[OPT_TLS12] != NULL && l->value[OPT_TLS13] == NULL;
	bool only13 = l->value[OPT_TLS13] != NULL && l->value[OPT_TLS12] == NULL;
	struct tls_options o = {
		.ring = ring_load(dir, f),
		.label = label != NULL ? label : "",
		.optional_own = true,
		.ciphers = "",
		.min_version = only13 ? 13 : 12,
		.max_version = only12 ? 12 : 13,
	};
	struct tls_config *c = o.ring != NULL ? tls_config_new(WAY_OUT, &o, f) : NULL;

	ring_unref(o.ring);
	return c;
}

static int
configure_both(const struct line *l, struct caller_options *o)
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

/* --- what came of it */

static void
put(json_t *o, const char *key, const char *value)
{
	if (value[0] != '\0')
		json_object_set_new(o, key, json_string(value));
}

static void
put_count(json_t *o, const char *key, int n)
{
	if (n >= 0)
		json_object_set_new(o, key, json_integer(n));
}

static void
put_answer(json_t *o, const struct capex_answer *a)
{
	put(o, "response", a->response);
	put(o, "reason", a->reason);
	put(o, "ipconn", a->ipconn);
	put(o, "applid", a->applid);
	put(o, "networkid", a->networkid);
	put_count(o, "sendcount", a->sendcount);
	put_count(o, "receivecount", a->receivecount);
	put_count(o, "sockets", a->sockets);
	put(o, "token", a->token);
	put(o, "connection", a->connection);
}

static json_t *
outcome(const struct caller_outcome *c)
{
	json_t *o = json_object();
	bool judged = c->accepted || c->refused;

	json_object_set_new(o, "accepted", json_boolean(c->accepted));
	json_object_set_new(o, "stage", judged ? json_string(stage_name(c->stage)) : json_null());
	json_object_set_new(o, "alert", c->alert[0] != '\0' ? json_string(c->alert) : json_null());
	json_object_set_new(o, "status", c->status != 0 ? json_integer(c->status) : json_null());
	if (c->has_answer)
		put_answer(o, &c->answer);
	put(o, "tls", c->version);
	put(o, "cipher", c->cipher);
	put(o, c->refused ? "detail" : "error", c->trouble);
	return o;
}

static void
print(const struct line *l, const struct caller_result *r)
{
	json_t *o = outcome(&r->socket[0]);

	json_object_set_new(o, "sockets_open", json_integer(r->sockets_open));
	if (r->socket[1].dialled)
		json_object_set_new(o, "further", outcome(&r->socket[1]));
	if (r->released != NULL && l->value[OPT_HOLD] != NULL) {
		json_object_set_new(o, "released", json_string(r->released));
		json_object_set_new(o, "heartbeats", json_integer(r->heartbeats));
	}
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', stdout);
	json_decref(o);
}

static int
finish(const struct line *l, const struct caller_result *r)
{
	const struct caller_outcome *first = &r->socket[0];

	print(l, r);
	for (size_t n = 0; n < CALLER_SOCKETS; n++)
		if (r->socket[n].trouble[0] != '\0')
			fprintf(stderr, "connect: %s%s\n", n > 0 ? "further socket: " : "", r->socket[n].trouble);
	if (fflush(stdout) != 0)
		return FAILED;
	return first->accepted ? ACCEPTED : first->refused ? REFUSED : FAILED;
}

int
partner_run(int argc, char **argv)
{
	struct line l = { { NULL } };
	struct caller_options o = { .port = 0 };
	struct caller_result r;
	struct fault f;
	int status = FAILED;

	if (read_line(&l, argc, argv) < 0 || (l.value[OPT_HELP] == NULL && fill(&l, &o) != 0))
		return fputs(usage, stderr) < 0 ? FAILED : USAGE;
	if (l.value[OPT_HELP] != NULL)
		return fputs(usage, stdout) < 0 ? FAILED : ACCEPTED;
	if (configure_both(&l, &o) == 0) {
		if (caller_run(&o, &r, &f) == 0)
			status = finish(&l, &r);
		else
			fprintf(stderr, "connect: %s\n", f.text);
	}
	for (size_t n = 0; n < CALLER_SOCKETS; n++)
		if (o.socket[n].tls != NULL)
			tls_config_unref(o.socket[n].tls);
	return status;
}
