/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <string.h>
#include <time.h>

#include "table.h"

static const struct {
	const char *code, *sentence;
} codes[] = {
	{ "policy_error", "The script did not answer with a verdict: it raised an error or returned something else. The region's log has the "
					  "traceback (SP0022). A door whose script fails stays shut." },
	{ "policy_limit", "The script used up its budget of instructions, CPU time or memory for one question (instructions, milliseconds, "
					  "kilobytes of the region). Once a limit is hit, no later answer counts." },
	{ "no_rule", "The script asked its rules in turn (policy.first) and none had an opinion. The end of a chain refuses; add a rule that "
				 "speaks for this partner." },
	{ "urm_no", "No ipconn matches this NETWORKID and APPLID, and the tcpipservice names no autoinstall program (urm = NO). Define an "
				"ipconn, or name a policy as urm." },
	{ "no_certificate", "The tcpipservice asks for a client certificate (ssl = clientauth) and the peer sent none. No script can allow "
						"this; the peer needs a certificate that the ring's signers trust." },
	{ "chain", "The certificate's chain did not verify against the ring's signers and CRLs, and no script accepted it all the same." },
	{ "certificate_limit", "The certificate, or what the peer presented with it, is above a limit, and no script was asked. README's table of limits has them." },
	{ "bad_name", "A name in the verdict is not 1 to 8 of A-Z 0-9 $ @ #." },
	{ "name_taken", "The name the URM chose belongs to an installed ipconn already. Choose another, or release the holder." },
	{ "pair_taken", "This NETWORKID and APPLID are connected already. The holder was sent a heartbeat: if it is dead it will be released, "
					"and the partner can come back." },
	{ "template_unknown", "The URM named a template that is not installed." },
	{ "template_outservice", "The URM named a template that is out of service (set ipconn NAME inservice)." },
	{ "applid_changed", "The URM changed an APPLID that was not blank, and the tcpipservice allows only blank ones to be set "
						"(applid_change = blank_only)." },
	{ "port_changed", "The URM changed the call-back port in a way that is not allowed: -1 (no call-back) stays -1." },
	{ "trust", "The ipconn asks for userauth = identify, and this connection is not trusted for it: it needs ssl = clientauth with a "
			   "chain that verified, or a peer inside the sysplex." },
	{ "bad_capex", "What came is not a capability exchange this region can read." },
	{ "timeout", "The peer did not do in time what was due (tcp_timeout, handshake_timeout, capex_timeout of the region)." },
	{ "limit", "A cap of the region was reached (maxsockets, halfopen, halfopen_peer, memory); no policy was asked." },
	{ "shutdown", "The region is shutting down and takes nobody in." },
	{ "not_open", "The tcpipservice was closed after this connection came in." },
	{ "server_applid", "The caller named another region than this one as the one it is calling (server_applid, server_networkid)." },
	{ "tls_on_plain", "The peer began a TLS handshake on a port with ssl = no." },
	{ "plain_text", "One side spoke TLS and the other did not: the tcpipservice asks for it, or the ipconn that dialled has ssl = yes." },
	{ "handshake", "TLS broke off. An alert that was received is the other side's: it would not take our certificate, or what TLS was offered." },
	{ "one_way", "No session is left to work with once both sides' counts are compared." },
	{ "outservice", "The ipconn of this partner is out of service (set ipconn NAME inservice)." },
	{ "mismatch", "The ipconn of this partner names another tcpipservice than the one it came by." },
	{ "no_ipconn", "A further socket has to come with a token that is valid and unused, by the same listener, from the same address, with "
				   "the same certificate and names; this one did not." },
	{ "host_name", "The server's certificate does not name the host that was dialled, and no certify script of the ipconn accepted it all the same." },
	{ "unknown_host", "The ipconn's host has no address: mistyped, or this machine's resolver does not know it." },
	{ "unreachable", "None of the host's addresses answered at the ipconn's port: nobody listens there, or something between does not let us." },
	{ "partner_refused", "The partner refused our CAPEX. Its reason stands above, and its region knows more: ask there for the connection it named." },
	{ "bad_answer", "What was answered to our CAPEX is no answer to one: something else listens at the ipconn's host and port, or "
				  "what listens there wants TLS (ssl = yes) or does not." },
	{ "race", "Both sides sent a CAPEX at once; of the two connections the one of the lower (NETWORKID, APPLID) goes on." },
	{ "ha", "One side is HA and the other is not (the ipconn's ha, the tcpipservice's speciftcps), or the specific tcpipservice is not open." },
	{ "userid_given", "The request names a user, and the ipconn's userauth (local, defaultuser) accepts none." },
	{ "password_given", "The request carries a password, and the ipconn's userauth accepts none; under identify the partner vouches for its user." },
	{ "userid_missing", "The request names no user, and the ipconn's userauth (identify, verify) asks for one." },
	{ "password_missing", "The request carries no password, and the ipconn's userauth is verify." },
	{ "userid_form", "What the request calls its user cannot be a user ID: 1 to 8 of A-Z 0-9 $ @ #." },
	{ "user_unknown", "The region's saf does not know the user (userauth = identify)." },
	{ "user_revoked", "The user is revoked: in the saf, or after wrong passwords by this ipconn." },
	{ "password_wrong", "The password is wrong, or there is no such user; the partner is not told which." },
	{ "passwords_busy", "More passwords wait to be checked than the region keeps waiting; the request can be tried again." },
	{ "no_saf", "The request's user or its authority has to be checked, and the region names no saf to check by." },
	{ "not_authorised", "A user of this request does not have READ to its transaction in class TCICSTRN." },
	{ "refused", "The policy refused without giving a code of its own." },
};

const char *
explain_code(const char *code)
{
	for (size_t i = 0; code != NULL && i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].sentence;
	return NULL;
}

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

/* We dialled it. */
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
	char a[TABLE_CELL];

	fprintf(to, "  outcome: %s", cell(r, "outcome", a));
	if (text(r, "stage") != NULL)
		fprintf(to, " at %s", cell(r, "stage", a));
	if (text(r, "code") != NULL)
		fprintf(to, ", code %s", cell(r, "code", a));
	if (text(r, "reason") != NULL)
		fprintf(to, "; %s %s", is_out(r) ? "reason" : "the partner was told", cell(r, "reason", a));
	fputc('\n', to);
}

static void
print_checks(FILE *to, const json_t *checks)
{
	char a[TABLE_CELL];
	json_t *c;
	size_t i;

	json_array_foreach((json_t *)checks, i, c) {
		const char *detail = text(c, "detail");

		fprintf(to, "      %s  %s", json_is_true(json_object_get(c, "value")) ? "ok" : "NO", cell(c, "name", a));
		if (detail != NULL && detail[0] != '\0')
			fprintf(to, "  (%s)", cell(c, "detail", a));
		fputc('\n', to);
	}
}

static bool
is_stage(const char *where)
{
	return strcmp(where, "tcp") == 0 || strcmp(where, "tls") == 0 || strcmp(where, "capex") == 0 || strcmp(where, "request") == 0;
}

/* Who answered: a script, the engine in the place of one that is not named, or the engine by itself. */
static void
print_who(FILE *to, const json_t *d)
{
	char a[TABLE_CELL];
	const char *where = text(d, "door");

	if (text(d, "policy") != NULL)
		fprintf(to, "  policy %s", cell(d, "policy", a));
	else if (where != NULL && is_stage(where))
		fprintf(to, "  the engine itself");
	else
		fprintf(to, "  no script named: the engine");
	if (text(d, "file") != NULL)
		fprintf(to, " at %s", cell(d, "file", a));
	if (json_is_integer(json_object_get(d, "line")))
		fprintf(to, ":%s", cell(d, "line", a));
}

static void
print_why(FILE *to, const json_t *d)
{
	const char *sentence = explain_code(text(d, "code")), *code = text(d, "code");
	char a[TABLE_CELL];

	if (code == NULL || text(d, "verdict") == NULL || strcmp(text(d, "verdict"), "refuse") != 0)
		return;
	if (sentence != NULL)
		fprintf(to, "      why: %s\n", sentence);
	else if (text(d, "policy") != NULL)
		fprintf(to, "      why: %s is the policy's own rule; the place above is where it says so.\n", cell(d, "code", a));
}

static void
print_door(FILE *to, const json_t *d)
{
	char a[TABLE_CELL];

	fprintf(to, "  %-8s", cell(d, "door", a));
	print_who(to, d);
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
	print_checks(to, json_object_get(d, "checks"));
	print_why(to, d);
}

/* The last requests: which, whose, and what the door said to it. */
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
print_certificate(FILE *to, const json_t *c)
{
	const json_t *chain = json_object_get(c, "chain");
	char a[TABLE_CELL], b[TABLE_CELL];

	if (c == NULL)
		return;
	fprintf(to, "    certificate  %s, issued by %s\n", cell(json_object_get(c, "subject"), "printed", a),
		cell(json_object_get(c, "issuer"), "printed", b));
	fprintf(to, "    sha256       %s\n", cell(c, "sha256", a));
	if (json_is_true(json_object_get(chain, "ok")))
		fprintf(to, "    chain        verified\n");
	else
		fprintf(to, "    chain        %s (code %s)\n", cell(chain, "text", a), cell(chain, "code", b));
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
print_facts(FILE *to, const json_t *f)
{
	const json_t *tls = json_object_get(f, "tls"), *load = json_object_get(f, "load");
	char a[TABLE_CELL], b[TABLE_CELL];

	fprintf(to, "  facts\n");
	if (load != NULL)
		fprintf(to, "    load         %s sockets from this address, %s refusals in the last minute\n", cell(load, "from_peer", a),
			cell(load, "refused_from_peer", b));
	if (tls != NULL)
		fprintf(to, "    TLS          %s, %s\n", cell(tls, "version", a), cell(tls, "cipher", b));
	print_certificate(to, json_object_get(f, "certificate"));
	print_capex(to, json_object_get(f, "capex"));
	if (json_object_get(f, "ipconn") != NULL)
		fprintf(to, "    ipconn       %s\n", cell(json_object_get(f, "ipconn"), "ipconn", a));
}

/* In TLS 1.3 the client has finished before the server has judged: its refusal reaches a client that believes it is in. */
static void
print_note(FILE *to, const json_t *r)
{
	const char *version = text(json_object_get(json_object_get(r, "facts"), "tls"), "version");

	if (version == NULL || is_out(r) || text(r, "stage") == NULL || strcmp(text(r, "stage"), "tls") != 0)
		return;
	if (strcmp(version, "TLSv1.3") == 0)
		fprintf(to, "  note: in TLS 1.3 the client's handshake is over before its certificate is judged here. It believed it was in, and "
					"learned of the refusal by an alert on its first read.\n");
	else
		fprintf(to, "  note: in TLS 1.2 the certificate is judged before the handshake ends: the client saw its handshake fail.\n");
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
	json_t *r, *d;
	size_t i, n;

	json_array_foreach((json_t *)records, i, r) {
		if (i > 0)
			fputc('\n', to);
		print_head(to, r);
		print_outcome(to, r);
		json_array_foreach(json_object_get(r, "doors"), n, d)
			print_door(to, d);
		print_requests(to, json_object_get(r, "requests"));
		print_note(to, r);
		print_facts(to, json_object_get(r, "facts"));
		print_events(to, r);
	}
}
