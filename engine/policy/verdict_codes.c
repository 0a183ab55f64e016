/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict_codes.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "config/attribute.h"

static const struct {
	const char *code, *sentence;
} codes[] = {
	{ "policy_error", "The script did not answer with a verdict: it raised an error or returned something else. The region's log has the "
					  "traceback (SP0022). A door whose script fails stays shut." },
	{ "policy_limit", "The script used up its budget of instructions, CPU time or memory for one question (instructions, milliseconds, "
					  "kilobytes of the region). Once a limit is hit, no later answer counts." },
	{ "service_down", "A call of the script that waits (policy.resolve, policy.http, policy.store) got no answer, and the script has "
				   "down = \"refuse\" for that. The text names the call and the reason." },
	{ "no_rule", "The script asked its rules in turn (policy.first), and none had an opinion. The end of a chain refuses; add a rule that "
				 "decides on this partner." },
	{ "urm_no", "No ipconn matches this NETWORKID and APPLID, and the tcpipservice names no autoinstall program (urm = NO). Define an "
				"ipconn, or name a policy as urm." },
	{ "no_certificate", "The tcpipservice asks for a client certificate (ssl = clientauth) and the peer sent none: it has none, or its "
						"key suits no signature algorithm that is offered. No script can allow "
						"this; the peer needs a certificate that the ring's signers trust." },
	{ "chain", "The certificate's chain did not verify against the ring's signers and CRLs, and no script accepted the certificate." },
	{ "certificate_limit", "The certificate, or the chain that the peer presented with it, is above a limit, and no script was asked. engine/config/README.md has the limits." },
	{ "bad_name", "A name in the verdict is not 1 to 8 of A-Z 0-9 $ @ #." },
	{ "name_taken", "An installed ipconn already has the name that the URM chose. Choose another name, or release that ipconn." },
	{ "pair_taken", "This NETWORKID and APPLID are connected already. The region sends a heartbeat on that connection: if it is dead, it is "
					"released, and the partner can connect again." },
	{ "pair_elsewhere", "Another region of the sysplex has this NETWORKID and APPLID. It sends a heartbeat on that connection: if it is "
						"dead, it is released, and the partner can connect again." },
	{ "name_elsewhere", "Another region of the sysplex has an ipconn of the name that the URM chose. Choose another name." },
	{ "store_down", "The names of this partner could not be claimed in the store of the sysplex: it is not reachable, it is new, or the "
					"region is fenced (inquire sysplex). The definition says so by claim_down = refuse." },
	{ "template_unknown", "The URM named a template that is not installed." },
	{ "template_outservice", "The URM named a template that is out of service (set ipconn NAME inservice)." },
	{ "applid_changed", "The URM changed an APPLID that was not blank, and the tcpipservice allows it to set only a blank one "
						"(applid_change = blank_only)." },
	{ "port_changed", "The URM changed the call-back port in a way that is not allowed: -1 (no call-back) stays -1." },
	{ "trust", "The ipconn asks for userauth = identify, and this connection is not trusted for it: it needs ssl = clientauth with a "
			   "chain that verified, or a peer inside the sysplex." },
	{ "bad_capex", "The message is not a capability exchange that this region can read." },
	{ "timeout", "The peer did not act in time (tcp_timeout, handshake_timeout, capex_timeout of the region)." },
	{ "limit", "A cap of the region was reached (maxsockets, halfopen, halfopen_peer, memory); no policy was asked." },
	{ "shutdown", "The region is shutting down and accepts no connections." },
	{ "not_open", "The tcpipservice was closed after this connection came in." },
	{ "server_applid", "The caller's CAPEX names another region than this one (server_applid, server_networkid)." },
	{ "tls_on_plain", "The peer began a TLS handshake on a port with ssl = no." },
	{ "plain_text", "One side used TLS and the other did not. Compare ssl of the tcpipservice with ssl of the ipconn that dialled." },
	{ "handshake", "The TLS handshake failed. The text names the alert and the side that sent it." },
	{ "one_way", "No session is left when the counts of both sides are compared." },
	{ "outservice", "The ipconn of this partner is out of service (set ipconn NAME inservice)." },
	{ "mismatch", "The ipconn of this partner names another tcpipservice than the one that the partner called." },
	{ "no_ipconn", "A further socket needs a valid and unused token, and the listener, address, certificate and names of the first "
				   "socket. This socket differs." },
	{ "host_name", "The server's certificate does not name the host that the region dialled, and no certify script of the ipconn accepted it." },
	{ "unknown_host", "The ipconn's host has no address: it is mistyped, or the resolver of this machine does not know it." },
	{ "unreachable", "None of the host's addresses answered at the ipconn's port: no server listens there, or a firewall stops the connection." },
	{ "partner_refused", "The partner refused the CAPEX of this region. Its reason is above; the log of its region has the details, by the connection that it named." },
	{ "bad_answer", "The answer to the CAPEX of this region is not an answer to a CAPEX: another kind of server listens at the ipconn's host "
				  "and port, or only one side uses TLS (ssl)." },
	{ "race", "Both sides sent a CAPEX at once. The connection of the side with the lower (NETWORKID, APPLID) stays." },
	{ "ha", "One side is HA and the other is not (the ipconn's ha, the tcpipservice's speciftcps), or the specific tcpipservice is not open "
			"and no other region of advertise takes partners." },
	{ "userid_given", "The request names a user, and the ipconn's userauth (local, defaultuser) accepts none." },
	{ "password_given", "The request carries a password, and the ipconn's userauth accepts none; under identify the partner has checked its user." },
	{ "userid_missing", "The request names no user, and the ipconn's userauth (identify, verify) asks for one." },
	{ "password_missing", "The request carries no password, and the ipconn's userauth is verify." },
	{ "userid_form", "The user ID of the request is not 1 to 8 of A-Z 0-9 $ @ #." },
	{ "user_unknown", "The region's saf does not know the user (userauth = identify)." },
	{ "user_revoked", "The user is revoked: in the saf, or after wrong passwords of this partner or of all." },
	{ "password_wrong", "The password is wrong, or there is no such user; the partner does not learn which. Or the password was not checked, after 100 wrong passwords of this partner (SP0064)." },
	{ "passwords_busy", "Too many passwords wait to be checked. The partner can send the request again." },
	{ "no_saf", "The request's user or its authority must be checked, and the region names no saf." },
	{ "not_authorised", "A user of this request does not have READ to its transaction in class TCICSTRN." },
	{ "not_attached", "The request's transaction or program is not defined or is disabled, or the region is draining. The text says which (ask)." },
	{ "record", "The region holds its answers until the decision is on the disk (record_full = hold), and the record was not written in time." },
	{ "refused", "The policy refused without giving a code of its own." },
};

const char *
verdict_codes_sentence(const char *code)
{
	for (size_t i = 0; code != NULL && i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].sentence;
	return NULL;
}

const char *
verdict_codes_nearest(const char *code)
{
	const char *words[sizeof codes / sizeof codes[0] + 1] = { NULL };

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		words[i] = codes[i].code;
	return near_word(words, code);
}

bool
verdict_codes_say(const char *code, bool json)
{
	const char *sentence = verdict_codes_sentence(code), *nearest = verdict_codes_nearest(code);
	json_t *rows = json_array();

	if (sentence != NULL)
		json_array_append_new(rows, json_pack("{s:s, s:s}", "code", code, "text", sentence));
	if (json)
		json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	if (json)
		putchar('\n');
	else if (sentence != NULL)
		printf("%s: %s\n", code, sentence);
	json_decref(rows);
	if (sentence == NULL)
		fprintf(stderr, "explain: %s is no code of the engine's%s%s%s; for a code of a script, see the line of the script that refuses with it\n", code,
			nearest != NULL ? " (nearest: " : "", nearest != NULL ? nearest : "", nearest != NULL ? ")" : "");
	return sentence != NULL && fflush(stdout) == 0;
}
