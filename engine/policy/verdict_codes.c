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
	{ "no_rule", "The script asked its rules in turn (policy.first) and none had an opinion. The end of a chain refuses; add a rule that "
				 "speaks for this partner." },
	{ "urm_no", "No ipconn matches this NETWORKID and APPLID, and the tcpipservice names no autoinstall program (urm = NO). Define an "
				"ipconn, or name a policy as urm." },
	{ "no_certificate", "The tcpipservice asks for a client certificate (ssl = clientauth) and the peer sent none: it has none, or its "
						"key suits no signature algorithm that is offered. No script can allow "
						"this; the peer needs a certificate that the ring's signers trust." },
	{ "chain", "The certificate's chain did not verify against the ring's signers and CRLs, and no script accepted it all the same." },
	{ "certificate_limit", "The certificate, or what the peer presented with it, is above a limit, and no script was asked. engine/config/README.md has the limits." },
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
	{ "timeout", "The peer did not act in time (tcp_timeout, handshake_timeout, capex_timeout of the region)." },
	{ "limit", "A cap of the region was reached (maxsockets, halfopen, halfopen_peer, memory); no policy was asked." },
	{ "shutdown", "The region is shutting down and takes nobody in." },
	{ "not_open", "The tcpipservice was closed after this connection came in." },
	{ "server_applid", "The caller named another region than this one as the one it is calling (server_applid, server_networkid)." },
	{ "tls_on_plain", "The peer began a TLS handshake on a port with ssl = no." },
	{ "plain_text", "One side spoke TLS and the other did not: the tcpipservice asks for it, or the ipconn that dialled has ssl = yes." },
	{ "handshake", "TLS broke off. Who sent an alert, and which, stands in the text." },
	{ "one_way", "No session is left to work with once both sides' counts are compared." },
	{ "outservice", "The ipconn of this partner is out of service (set ipconn NAME inservice)." },
	{ "mismatch", "The ipconn of this partner names another tcpipservice than the one it came by." },
	{ "no_ipconn", "A further socket has to come with a token that is valid and unused, by the same listener, from the same address, with "
				   "the same certificate and names; this one did not." },
	{ "host_name", "The server's certificate does not name the host that was dialled, and no certify script of the ipconn accepted it all the same." },
	{ "unknown_host", "The ipconn's host has no address: mistyped, or this machine's resolver does not know it." },
	{ "unreachable", "None of the host's addresses answered at the ipconn's port: nobody listens there, or something between does not let us." },
	{ "partner_refused", "The partner refused our CAPEX. Its reason stands above, and its region knows more: ask there for the connection it named." },
	{ "bad_answer", "The answer to our CAPEX is not an answer to a CAPEX: another kind of server listens at the ipconn's host and port, or "
				  "the server there wants TLS (ssl = yes) or does not." },
	{ "race", "Both sides sent a CAPEX at once; of the two connections the one of the lower (NETWORKID, APPLID) goes on." },
	{ "ha", "One side is HA and the other is not (the ipconn's ha, the tcpipservice's speciftcps), or the specific tcpipservice is not open." },
	{ "userid_given", "The request names a user, and the ipconn's userauth (local, defaultuser) accepts none." },
	{ "password_given", "The request carries a password, and the ipconn's userauth accepts none; under identify the partner vouches for its user." },
	{ "userid_missing", "The request names no user, and the ipconn's userauth (identify, verify) asks for one." },
	{ "password_missing", "The request carries no password, and the ipconn's userauth is verify." },
	{ "userid_form", "What the request calls its user cannot be a user ID: 1 to 8 of A-Z 0-9 $ @ #." },
	{ "user_unknown", "The region's saf does not know the user (userauth = identify)." },
	{ "user_revoked", "The user is revoked: in the saf, or after wrong passwords of this partner or of all." },
	{ "password_wrong", "The password is wrong, or there is no such user; the partner is not told which. Or it was not checked, after 100 wrong ones of this partner (SP0064)." },
	{ "passwords_busy", "More passwords wait to be checked than the region keeps waiting; the request can be tried again." },
	{ "no_saf", "The request's user or its authority has to be checked, and the region names no saf to check by." },
	{ "not_authorised", "A user of this request does not have READ to its transaction in class TCICSTRN." },
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
		fprintf(stderr, "explain: %s is no code of the engine's%s%s%s; a script's own code is explained by the line that refuses with it\n", code,
			nearest != NULL ? " (nearest: " : "", nearest != NULL ? nearest : "", nearest != NULL ? ")" : "");
	return sentence != NULL && fflush(stdout) == 0;
}
