/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ask_line.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/command_line.h"
#include "client/moment.h"

const char ask_line_usage[] =
	"usage: sallyport ask [--region FILE | --running] [option ...]\n"
	"Asks whether a connection would be accepted, without a socket and without effects: nothing is sent, counted, installed or\n"
	"logged. Prints the answer as explain prints a connection.\n"
	"  --region FILE           the definition on disk that is asked (default " COMMAND_LINE_REGION_FILE ")\n"
	"  --running               ask the running region instead; --region FILE or --control PATH names its control socket\n"
	"  --control PATH          the control socket of the running region; without --region it implies --running\n"
	"The connection:\n"
	"  --tcpipservice T        the listener (may be left out when there is one only)\n"
	"  --out IPCONN            in its place: a connection that the region dials for this ipconn\n"
	"  --peer IP[:PORT]        the partner's address, [V6]:PORT for IPv6 (default 127.0.0.1; with --out the ipconn's host)\n"
	"  --certificate FILE      the partner's certificate in PEM, its intermediates behind it\n"
	"  --ring DIR [--label L]  in its place: the certificate of a ring\n"
	"  --tls 1.2|1.3|no        the partner's TLS (default: the best of a listener with TLS; no on one without, unless a\n"
	"                          certificate is given)\n"
	"  --sni NAME              the server name that the partner asks for\n"
	"  --applid A --networkid N --sendcount N --receivecount N --sockets 1|2 --port P --host H\n"
	"  --server-applid A --server-networkid N --ha\n"
	"                          the partner's CAPEX, as of connect; with --port P the partner can be called back\n"
	"  --socket 2              a further socket of that partner; the first one is walked before, or the running region has it\n"
	"  --load COUNT=N,...      counts of facts.load: halfopen connections from_peer from_prefix refused_from_peer\n"
	"  --now TIME              seconds since 1970, 2026-12-24, 2026-12-24T18:00 or 2026-12-24T18:00:00Z (UTC), or 2h ago (default: now)\n"
	"  --from ID               begin from a connection of the file of records, or of the running region; other options change it\n"
	"  --record FILE           the file of records (default: that of the definition)\n"
	"A request on the connection:\n"
	"  --request PROGRAM       the program; --tran T, --userid U and --bytes N are the rest of it. No password is checked: under\n"
	"                          userauth = verify the user counts as one with the right password\n"
	"Output:\n"
	"  --all                   ask each door, also after a refusal\n"
	"  --json                  print one JSON array of one object: that of explain, with accepted and ipconn\n"
	"  --row                   print the decisions of scripts as rows of decision tables, as explain --row does\n"
	"Exit status: 0 accepted, 1 failed, 2 usage, 3 refused.\n";

enum kind { AS_TEXT, AS_NUMBER, AS_FLAG, AS_LOAD, AS_TIME, AS_OWN, AS_OWN_FLAG };

/* The options. object: of the question, NULL: the question itself. */
static const struct row {
	const char *option;
	enum kind kind;
	const char *object, *member;
} rows[] = {
	{ "tcpipservice", AS_TEXT, NULL, "tcpipservice" },
	{ "out", AS_TEXT, NULL, "out" },
	{ "peer", AS_TEXT, NULL, "peer" },
	{ "tls", AS_TEXT, NULL, "tls" },
	{ "sni", AS_TEXT, NULL, "sni" },
	{ "all", AS_FLAG, NULL, "all" },
	{ "load", AS_LOAD, NULL, "load" },
	{ "now", AS_TIME, NULL, "now" },
	{ "applid", AS_TEXT, "capex", "applid" },
	{ "networkid", AS_TEXT, "capex", "networkid" },
	{ "sendcount", AS_NUMBER, "capex", "sendcount" },
	{ "receivecount", AS_NUMBER, "capex", "receivecount" },
	{ "sockets", AS_NUMBER, "capex", "sockets" },
	{ "socket", AS_NUMBER, "capex", "socket" },
	{ "port", AS_NUMBER, "capex", "port" },
	{ "host", AS_TEXT, "capex", "host" },
	{ "server-applid", AS_TEXT, "capex", "server_applid" },
	{ "server-networkid", AS_TEXT, "capex", "server_networkid" },
	{ "ha", AS_FLAG, "capex", "ha" },
	{ "request", AS_TEXT, "request", "program" },
	{ "tran", AS_TEXT, "request", "tran" },
	{ "userid", AS_TEXT, "request", "userid" },
	{ "bytes", AS_NUMBER, "request", "bytes" },
	{ "region", AS_OWN, NULL, NULL },
	{ "control", AS_OWN, NULL, NULL },
	{ "from", AS_OWN, NULL, NULL },
	{ "record", AS_OWN, NULL, NULL },
	{ "certificate", AS_OWN, NULL, NULL },
	{ "ring", AS_OWN, NULL, NULL },
	{ "label", AS_OWN, NULL, NULL },
	{ "running", AS_OWN_FLAG, NULL, NULL },
	{ "json", AS_OWN_FLAG, NULL, NULL },
	{ "row", AS_OWN_FLAG, NULL, NULL },
	{ "help", AS_OWN_FLAG, NULL, NULL },
};

#define ROWS (sizeof rows / sizeof rows[0])
#define FIRST 256 /* above every character, for getopt */

/* --- values ----------------------------------------------------------------------------------- */

/* The object of the question with that name, which is made when it is not there; NULL: the question. */
static json_t *
object_of(struct ask_line *l, const char *name)
{
	json_t *o = name != NULL ? json_object_get(l->question, name) : l->question;

	if (o != NULL)
		return o;
	json_object_set_new(l->question, name, json_object());
	return json_object_get(l->question, name);
}

static int
misused(const char *option, const char *value, const char *words)
{
	fprintf(stderr, "ask: --%s %s: %s\n", option, value, words);
	return -1;
}

/* Adds a member (taken). */
static int
put(struct ask_line *l, const struct row *r, json_t *value)
{
	if (json_object_set_new(object_of(l, r->object), r->member, value) == 0)
		return 0;
	fprintf(stderr, "ask: --%s: the value is not UTF-8, or there is no memory\n", r->option);
	return -1;
}

static bool
read_number(const char *text, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return end != text && *end == '\0' && *out >= -1000000000 && *out <= 1000000000;
}

static int
put_number(struct ask_line *l, const struct row *r, const char *value)
{
	long n;

	return read_number(value, &n) ? put(l, r, json_integer(n)) : misused(r->option, value, "not a number");
}

/* Adds the counts of "from_peer=3,halfopen=2". */
static int
put_load(struct ask_line *l, const struct row *r, const char *value)
{
	char *copy = strdup(value), *rest = NULL, *equals;
	json_t *o = json_object();
	int rc = copy != NULL ? 0 : -1;
	long n;

	for (char *word = rc == 0 ? strtok_r(copy, ",", &rest) : NULL; rc == 0 && word != NULL; word = strtok_r(NULL, ",", &rest)) {
		equals = strchr(word, '=');
		if (equals == NULL || !read_number(equals + 1, &n)) {
			rc = misused(r->option, word, "not COUNT=NUMBER");
			break;
		}
		*equals = '\0';
		rc = json_object_set_new(o, word, json_integer(n));
	}
	free(copy);
	if (rc == 0)
		return put(l, r, o);
	json_decref(o);
	return rc;
}

static int
put_time(struct ask_line *l, const struct row *r, const char *value)
{
	char *end;
	double at = strtod(value, &end);

	if (value[strspn(value, "0123456789.")] == '\0' && end != value && *end == '\0' && at < 1e12)
		return put(l, r, json_real(at));
	if (moment_read(value, clock_wall(), &at) == 0 && at >= 0)
		return put(l, r, json_real(at));
	return misused(r->option, value, "not seconds since 1970, no time like 2026-12-24T18:00:00Z, and no time ago like 2h");
}

static void
take_own(struct ask_line *l, const char *option, const char *value)
{
	const struct {
		const char *option;
		const char **to;
	} texts[] = { { "region", &l->region }, { "control", &l->control }, { "from", &l->from }, { "record", &l->record }, { "certificate", &l->certificate },
		{ "ring", &l->ring }, { "label", &l->label } };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i].option, option) == 0)
			*texts[i].to = value;
	l->running |= strcmp(option, "running") == 0;
	l->json |= strcmp(option, "json") == 0;
	l->row |= strcmp(option, "row") == 0;
	l->help |= strcmp(option, "help") == 0;
}

static int
take(struct ask_line *l, const struct row *r, const char *value)
{
	switch (r->kind) {
	case AS_TEXT:
		return put(l, r, json_string(value));
	case AS_NUMBER:
		return put_number(l, r, value);
	case AS_FLAG:
		return put(l, r, json_true());
	case AS_LOAD:
		return put_load(l, r, value);
	case AS_TIME:
		return put_time(l, r, value);
	case AS_OWN:
	case AS_OWN_FLAG:
		take_own(l, r->option, value);
		break;
	}
	return 0;
}

/* --- the line --------------------------------------------------------------------------------- */

/* Options that exclude each other, or need each other. */
static int
check(const struct ask_line *l)
{
	const char *wrong = NULL;

	if (l->certificate != NULL && l->ring != NULL)
		wrong = "--certificate and --ring exclude each other";
	else if (l->label != NULL && l->ring == NULL)
		wrong = "--label needs --ring DIR";
	else if (l->json && l->row)
		wrong = "--json and --row exclude each other";
	if (wrong == NULL)
		return 0;
	fprintf(stderr, "ask: %s\n", wrong);
	return -1;
}

static void
list_options(struct option options[ROWS + 1])
{
	for (size_t i = 0; i < ROWS; i++)
		options[i] = (struct option){ rows[i].option,
			rows[i].kind == AS_FLAG || rows[i].kind == AS_OWN_FLAG ? no_argument : required_argument, NULL, FIRST + (int)i };
	options[ROWS] = (struct option){ NULL, 0, NULL, 0 };
}

enum ask_line_result
ask_line_read(struct ask_line *l, int argc, char **argv)
{
	struct option options[ROWS + 1];
	int opt;

	l->question = json_object();
	list_options(options);
	optind = 0; /* resets getopt */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			l->help = true;
		else if (opt < FIRST || take(l, &rows[opt - FIRST], optarg) < 0)
			return ASK_LINE_MISUSED;
	}
	if (optind < argc) {
		fprintf(stderr, "ask: not understood: '%s'; every value belongs to an option\n", argv[optind]);
		return ASK_LINE_MISUSED;
	}
	return check(l) < 0 ? ASK_LINE_MISUSED : ASK_LINE_DONE;
}

void
ask_line_free(struct ask_line *l)
{
	json_decref(l->question);
	*l = (struct ask_line){ .question = NULL };
}
