/* SPDX-License-Identifier: Apache-2.0 */
#include "client/explain.h"

#include <string.h>
#include <time.h>

#include "policy/verdict_codes.h"
#include "client/table.h"

static const char *
text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* A member as a cell, escaped. */
static const char *
cell(const json_t *o, const char *key, char out[TABLE_CELL])
{
	return table_cell(json_object_get(o, key), out, TABLE_CELL);
}

static void
print_time(FILE *to, double at)
{
	time_t seconds = (time_t)at;
	struct tm tm;
	char day[32];

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(to, "%s.%03d", day, (int)((at - (double)seconds) * 1000));
}

/* True when this region dialled. */
static bool
is_out(const json_t *r)
{
	const char *way = text(json_object_get(r, "facts"), "way");

	return way != NULL && strcmp(way, "out") == 0;
}

static void
print_head(FILE *to, const json_t *r)
{
	char a[TABLE_CELL], b[TABLE_CELL];
	const json_t *facts = json_object_get(r, "facts");

	fprintf(to, "connection %s", cell(r, "connection", a));
	if (is_out(r))
		fprintf(to, " dialled to %s for ipconn %s at ", strcmp(cell(r, "peer", a), "-") != 0 ? a : cell(json_object_get(facts, "peer"), "host", a),
			cell(json_object_get(facts, "ipconn"), "ipconn", b));
	else
		fprintf(to, " from %s to tcpipservice %s at ", cell(r, "peer", a), cell(facts, "tcpipservice", b));
	print_time(to, json_number_value(json_object_get(r, "time")));
	fprintf(to, " UTC, generation %s\n", cell(r, "generation", a));
}

static void
print_outcome(FILE *to, const json_t *r)
{
	const char *told = json_object_get(r, "accepted") != NULL ? "the partner would be told" : "the partner was told"; /* ask; explain */
	char a[TABLE_CELL];

	fprintf(to, "  outcome: %s", cell(r, "outcome", a));
	if (text(r, "stage") != NULL)
		fprintf(to, " at %s", cell(r, "stage", a));
	if (text(r, "code") != NULL)
		fprintf(to, ", code %s", cell(r, "code", a));
	if (text(r, "reason") != NULL)
		fprintf(to, "; %s %s", is_out(r) ? "reason" : told, cell(r, "reason", a));
	fputc('\n', to);
}

static bool
refuses(const json_t *d)
{
	const char *verdict = text(d, "verdict");

	return verdict != NULL && strcmp(verdict, "refuse") == 0;
}

/* Prints the checks. A check that does not hold is NO when the door refused, and no when it accepted in spite of it. */
static void
print_checks(FILE *to, const json_t *d)
{
	char a[TABLE_CELL];
	json_t *c;
	size_t i;

	json_array_foreach(json_object_get(d, "checks"), i, c) {
		const char *detail = text(c, "detail");
		bool holds = json_is_true(json_object_get(c, "value")), passed = text(d, "verdict") != NULL && !refuses(d);

		fprintf(to, "      %s  %s", holds ? "ok" : passed ? "no" : "NO", cell(c, "name", a));
		if (detail != NULL && detail[0] != '\0')
			fprintf(to, "  (%s)", cell(c, "detail", a));
		fprintf(to, "%s\n", holds || !passed ? "" : "; accepted in spite of it");
	}
}

static bool
is_stage(const char *where)
{
	return strcmp(where, "tcp") == 0 || strcmp(where, "tls") == 0 || strcmp(where, "capex") == 0 || strcmp(where, "request") == 0;
}

static bool
is_reload(const char *where)
{
	return where != NULL && strcmp(where, "reload") == 0;
}

/* The grants of a door: its accept with ipconn, userid and the like. */
static void
print_granted(FILE *to, const json_t *granted)
{
	char a[TABLE_CELL];
	const char *key;
	const json_t *value;
	unsigned n = 0;

	json_object_foreach((json_t *)granted, key, value) {
		if (strcmp(key, "by") == 0)
			continue;
		fprintf(to, "%s%s", n++ == 0 ? "      granted: " : ", ", key);
		if (!json_is_true(value))
			fprintf(to, " %s", cell(granted, key, a));
	}
	if (text(granted, "by") != NULL)
		fprintf(to, ", by the ring's maps.lua");
	if (n > 0)
		fputc('\n', to);
}

/* The source of the verdict: a script, the definitions, the engine, or the engine because no script is named. */
static void
print_source(FILE *to, const json_t *d)
{
	char a[TABLE_CELL];
	const char *where = text(d, "door");

	if (text(d, "policy") != NULL)
		fprintf(to, "  policy %s", cell(d, "policy", a));
	else if (is_reload(where))
		fprintf(to, "  the definitions");
	else if (where != NULL && is_stage(where))
		fprintf(to, "  the engine itself");
	else
		fprintf(to, "  no script named: the engine");
	if (text(d, "file") != NULL)
		fprintf(to, " at %s", cell(d, "file", a));
	if (json_is_integer(json_object_get(d, "line")))
		fprintf(to, ":%s", cell(d, "line", a));
	if (json_is_integer(json_object_get(d, "generation")))
		fprintf(to, "%s generation %s", is_reload(where) ? " of" : ", asked again by the reload to", cell(d, "generation", a));
}

/* The side whose alert ended a handshake. */
static const char *
alert_words(const json_t *d)
{
	const char *said = text(d, "text");

	if (said != NULL && strstr(said, "alert sent: ") != NULL)
		return " This region sent it.";
	if (said != NULL && strstr(said, "alert received: ") != NULL)
		return " The other side sent it: it refused this region's certificate, or the TLS version or cipher.";
	return "";
}

static void
print_why(FILE *to, const json_t *d)
{
	const char *sentence = verdict_codes_sentence(text(d, "code")), *code = text(d, "code");
	char a[TABLE_CELL];

	if (code == NULL || !refuses(d))
		return;
	if (sentence != NULL)
		fprintf(to, "      why: %s%s\n", sentence, strcmp(code, "handshake") == 0 ? alert_words(d) : "");
	else if (text(d, "policy") != NULL)
		fprintf(to, "      why: %s is a code of the policy; the place above is the line that gave it.\n", cell(d, "code", a));
}

static void
print_door(FILE *to, const json_t *d)
{
	char a[TABLE_CELL];

	fprintf(to, "  %-8s", cell(d, "door", a));
	print_source(to, d);
	if (text(d, "verdict") == NULL) {
		fprintf(to, ": not answered\n");
	} else {
		fprintf(to, ": %s", cell(d, "verdict", a));
		if (text(d, "code") != NULL)
			fprintf(to, " %s", cell(d, "code", a));
		if (text(d, "text") != NULL)
			fprintf(to, " \"%s\"", cell(d, "text", a));
		fprintf(to, "  [%.0f us]\n", json_number_value(json_object_get(d, "microseconds")));
	}
	print_checks(to, d);
	print_granted(to, json_object_get(d, "granted"));
	print_why(to, d);
}

void
explain_doors(FILE *to, const json_t *doors)
{
	json_t *d;
	size_t i;

	json_array_foreach((json_t *)doors, i, d)
		print_door(to, d);
}

/* The verdicts of shadows that differ, each with that in force. */
static void
print_shadows(FILE *to, const json_t *shadows)
{
	char a[TABLE_CELL], b[TABLE_CELL];
	json_t *s;
	size_t i;

	json_array_foreach((json_t *)shadows, i, s) {
		const json_t *before = json_object_get(s, "before"), *after = json_object_get(s, "after");

		fprintf(to, "  the shadow %s: %s", cell(s, "candidate", a), cell(s, "class", b));
		fprintf(to, "; in force: %s", cell(before, "verdict", a));
		if (text(before, "code") != NULL)
			fprintf(to, " %s", cell(before, "code", a));
		if (text(after, "why") != NULL)
			fprintf(to, " (%s)", cell(after, "why", a));
		fputc('\n', to);
		print_door(to, after);
	}
}

/* The last requests, each with its user and its door. */
static void
print_requests(FILE *to, const json_t *requests)
{
	char a[TABLE_CELL], b[TABLE_CELL];
	json_t *d, *user;
	size_t i, n;

	json_array_foreach((json_t *)requests, i, d) {
		const json_t *q = json_object_get(d, "request");

		fprintf(to, "  request %s %s at %.3f ms", cell(q, "tran", a), text(q, "program") != NULL ? cell(q, "program", b) : "-",
			json_number_value(json_object_get(d, "milliseconds")));
		if (text(q, "userid") != NULL)
			fprintf(to, ", user %s", cell(q, "userid", a));
		json_array_foreach(json_object_get(q, "users"), n, user)
			fprintf(to, "%s%s", n == 0 ? ", to be authorised: " : " and ", table_cell(user, a, sizeof a));
		fputc('\n', to);
		print_door(to, d);
	}
}

static void
print_certificate(FILE *to, const json_t *c, const json_t *names)
{
	const json_t *chain = json_object_get(c, "chain");
	char a[TABLE_CELL], b[TABLE_CELL];

	if (c == NULL)
		return;
	fprintf(to, "    certificate  %s, issued by %s\n", cell(names, "subject", a), cell(names, "issuer", b));
	fprintf(to, "    sha256       %s\n", cell(c, "sha256", a));
	if (json_is_true(json_object_get(chain, "ok")))
		fprintf(to, "    chain        verified\n");
	else
		fprintf(to, "    chain        %s (code %s)%s\n", cell(chain, "text", a), cell(chain, "code", b),
			json_is_true(json_object_get(chain, "complete")) ? "" : "; verifying it ended early");
	if (json_object_get(chain, "anchor") != NULL)
		fprintf(to, "    anchor       %s\n", cell(json_object_get(chain, "anchor"), "sha256", a));
}

static void
print_capex(FILE *to, const json_t *c)
{
	char a[TABLE_CELL], b[TABLE_CELL];
	const char *applid = text(c, "applid");

	if (c == NULL)
		return;
	fprintf(to, "    CAPEX        %s.%s", cell(c, "networkid", a), applid != NULL && applid[0] != '\0' ? cell(c, "applid", b) : "(blank)");
	fprintf(to, ", port %s", cell(c, "port", a));
	fprintf(to, ", sessions %s to send on, ", cell(c, "sendcount", a));
	fprintf(to, "%s to receive on, sockets %s\n", cell(c, "receivecount", a), cell(c, "sockets", b));
}

static void
print_notes(FILE *to, const json_t *notes)
{
	const char *key;
	json_t *value;
	char a[TABLE_CELL];

	json_object_foreach((json_t *)notes, key, value)
		fprintf(to, "    note         %s = %s\n", key, cell(notes, key, a));
}

static void
print_facts(FILE *to, const json_t *f, const json_t *names)
{
	const json_t *tls = json_object_get(f, "tls"), *load = json_object_get(f, "load");
	char a[TABLE_CELL], b[TABLE_CELL];

	fprintf(to, "  facts\n");
	if (load != NULL)
		fprintf(to, "    load         %s sockets from this address, %s refusals in the last minute\n", cell(load, "from_peer", a),
			cell(load, "refused_from_peer", b));
	if (tls != NULL)
		fprintf(to, "    TLS          %s, %s\n", cell(tls, "version", a), cell(tls, "cipher", b));
	print_certificate(to, json_object_get(f, "certificate"), names);
	print_capex(to, json_object_get(f, "capex"));
	print_notes(to, json_object_get(f, "notes"));
	if (json_object_get(f, "ipconn") != NULL)
		fprintf(to, "    ipconn       %s\n", cell(json_object_get(f, "ipconn"), "ipconn", a));
}

/* The ipconn that an accepted connection belongs to. */
static void
print_installed(FILE *to, const json_t *i)
{
	char a[TABLE_CELL], b[TABLE_CELL];

	if (!json_is_object(i))
		return;
	fprintf(to, "  installed ipconn %s", cell(i, "ipconn", a));
	fprintf(to, " (%s.%s)", cell(i, "networkid", a), cell(i, "applid", b));
	if (json_is_true(json_object_get(i, "autoinstalled")))
		fprintf(to, ", autoinstalled%s%s", text(i, "template") != NULL ? " by template " : "", text(i, "template") != NULL ? cell(i, "template", a) : "");
	fprintf(to, "; sessions: %s to receive on, ", cell(i, "receivecount", a));
	fprintf(to, "%s to send on; sockets: %s\n", cell(i, "sendcount", a), cell(i, "sockets", b));
}

/* A note for a refusal at the stage TLS: how the client saw it. */
static void
print_note(FILE *to, const json_t *r)
{
	const char *version = text(json_object_get(json_object_get(r, "facts"), "tls"), "version");

	if (version == NULL || is_out(r) || text(r, "stage") == NULL || strcmp(text(r, "stage"), "tls") != 0)
		return;
	if (strcmp(version, "TLSv1.3") == 0)
		fprintf(to, "  note: in TLS 1.3 the client's handshake ends before this region judges the certificate. The client sees its "
					"handshake succeed, and gets an alert at its first read.\n");
	else
		fprintf(to, "  note: in TLS 1.2 this region judges the certificate before the handshake ends. The client sees its handshake fail.\n");
}

static void
print_events(FILE *to, const json_t *r)
{
	char a[TABLE_CELL];
	json_t *e;
	size_t i;

	fprintf(to, "  in order (ms since the %s)\n", is_out(r) ? "beginning" : "accept");
	json_array_foreach(json_object_get(r, "events"), i, e)
		fprintf(to, "    %10.3f  %s\n", json_number_value(json_object_get(e, "milliseconds")), cell(e, "event", a));
}

void
explain_print(FILE *to, const json_t *records)
{
	json_t *r;
	size_t i;

	json_array_foreach((json_t *)records, i, r) {
		if (i > 0)
			fputc('\n', to);
		print_head(to, r);
		print_outcome(to, r);
		explain_doors(to, json_object_get(r, "doors"));
		print_installed(to, json_object_get(r, "installed"));
		print_requests(to, json_object_get(r, "requests"));
		print_shadows(to, json_object_get(r, "shadow"));
		print_note(to, r);
		print_facts(to, json_object_get(r, "facts"), json_object_get(r, "certificate"));
		print_events(to, r);
	}
}
