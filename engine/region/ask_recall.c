/* SPDX-License-Identifier: Apache-2.0 */
/* ask_recall: a recorded connection as a question. */
#include "region/ask.h"

#include "policy/answer_tape.h"
#include "policy/facts_json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *
text(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

/* Copies the members of `from` that are in the list (ended by NULL). NULL: no memory. */
static json_t *
pick(const json_t *from, const char *const *members)
{
	json_t *o = json_object(), *value;

	for (; *members != NULL && o != NULL; members++)
		if ((value = json_object_get(from, *members)) != NULL && json_object_set(o, *members, value) < 0) {
			json_decref(o);
			return NULL;
		}
	return o;
}

static json_t *
capex_of(const json_t *facts)
{
	static const char *const members[] = { "applid", "networkid", "host", "port", "sendcount", "receivecount", "sockets", "server_applid",
		"server_networkid", NULL };

	json_t *capex = pick(json_object_get(facts, "capex"), members);

	if (json_integer_value(json_object_get(facts, "socket")) > 1 && json_object_set(capex, "socket", json_object_get(facts, "socket")) < 0) {
		json_decref(capex);
		return NULL;
	}
	return capex;
}

static json_t *
load_of(const json_t *facts)
{
	static const char *const members[] = { "halfopen", "connections", "from_peer", "from_prefix", "refused_from_peer", NULL };

	return pick(json_object_get(facts, "load"), members);
}

/* The peer's TLS; NULL: not known, because the connection ended before its first byte counted. */
static const char *
tls_of(const json_t *row, const json_t *facts)
{
	const char *version = text(json_object_get(facts, "tls"), "version"), *code = text(row, "code");

	if (version != NULL)
		return strcmp(version, "TLSv1.2") == 0 ? "1.2" : "1.3";
	return json_object_get(facts, "capex") != NULL || (code != NULL && strcmp(code, "plain_text") == 0) ? "no" : NULL;
}

/* --- the answers to calls that wait ----------------------------------------------------------- */

static bool
waited(const json_t *answer)
{
	const char *asked = text(answer, "asked");

	return asked != NULL && (strcmp(asked, "resolve") == 0 || strcmp(asked, "http") == 0);
}

/* Appends those of the entries, which are questions at doors or about requests. */
static int
gather(json_t *out, const json_t *entries)
{
	const json_t *entry;
	json_t *answer;
	size_t i, n;

	json_array_foreach(entries, i, entry)
		json_array_foreach(json_object_get(entry, "answers"), n, answer)
			if (waited(answer) && json_array_append(out, answer) < 0)
				return -1;
	return 0;
}

/* NULL: no memory. */
static json_t *
answers_of(const json_t *row)
{
	json_t *out = json_array();

	if (gather(out, json_object_get(row, "doors")) == 0 && gather(out, json_object_get(row, "requests")) == 0)
		return out;
	json_decref(out);
	return NULL;
}

/* Adds the body of an answer of http. -1: no memory. */
static int
add_body(struct waited *w, const json_t *o)
{
	const json_t *answer = json_object_get(o, "answer");
	size_t len = json_string_length(answer);
	char *bytes = malloc(len + 1);
	int rc = bytes == NULL ? -1 : waited_answer(w, (int)json_integer_value(json_object_get(o, "status")), bytes,
		facts_json_unescape(json_string_value(answer), len, bytes, len + 1));

	free(bytes);
	return rc;
}

/* Makes the answer of its members. NULL: it is not understood, or no memory. */
static struct waited *
answer_of(const json_t *o)
{
	const char *asked = waited(o) ? text(o, "asked") : "";
	bool http = strcmp(asked, "http") == 0;
	const char *words = text(o, http ? "call" : "name");
	char call[WAITED_CALL];
	struct waited *w;
	json_t *name;
	size_t i;

	if (words == NULL)
		return NULL;
	facts_json_unescape(words, strlen(words), call, sizeof call);
	w = waited_recorded(asked, call, text(o, "reason"), json_number_value(json_object_get(o, "milliseconds")));
	if (w == NULL || w->why[0] != '\0')
		return w;
	json_array_foreach(json_object_get(o, "answer"), i, name)
		if (json_is_string(name))
			waited_add(w, json_string_value(name));
	if (!http || add_body(w, o) == 0)
		return w;
	waited_unref(w);
	return NULL;
}

int
ask_recall_answers(const json_t *list, struct answer_tape *t, struct fault *f)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		struct waited *w = answer_of(one);

		if (w == NULL)
			return fault_set(f, "answers: number %zu is no recorded answer of resolve or http, or there is no memory", i + 1);
		answer_tape_add_waited(t, w);
		waited_unref(w);
	}
	return 0;
}

/* --- the members ------------------------------------------------------------------------------ */

/* Adds a member (taken) unless the question has it; of an object, each of its members. value NULL: no memory. */
static int
add(json_t *question, const char *member, json_t *value)
{
	json_t *given = json_object_get(question, member);
	int rc;

	if (value == NULL)
		return -1;
	if (given == NULL)
		return json_object_set_new(question, member, value);
	rc = json_is_object(given) && json_is_object(value) ? json_object_update_missing(given, value) : 0;
	json_decref(value);
	return rc;
}

static int
add_text(json_t *question, const char *member, const char *value)
{
	return value != NULL ? add(question, member, json_string(value)) : 0;
}

static bool
hides_address(const json_t *row)
{
	const char *masked = text(row, "masked");

	return masked != NULL && strstr(masked, "peer.ip") != NULL;
}

int
ask_recall(json_t *question, const json_t *row, struct fault *f)
{
	const json_t *facts = json_object_get(row, "facts");
	bool way_given = text(question, "out") != NULL || text(question, "tcpipservice") != NULL;
	bool out = text(facts, "way") != NULL && strcmp(text(facts, "way"), "out") == 0;
	int rc = 0;

	if (text(facts, "way") == NULL)
		return fault_set(f, "the record of the connection has no facts to ask about");
	if (hides_address(row) && text(question, "peer") == NULL)
		return fault_set(f, "the record of the connection hides peer.ip (record_mask); give --peer IP, or ask the running region (--running)");
	if (!way_given)
		rc |= out ? add_text(question, "out", text(json_object_get(facts, "ipconn"), "ipconn")) : add_text(question, "tcpipservice", text(facts, "tcpipservice"));
	rc |= add_text(question, "peer", text(row, "peer")) | add_text(question, "tls", tls_of(row, facts));
	rc |= add_text(question, "sni", text(json_object_get(facts, "tls"), "sni")) | add(question, "load", load_of(facts));
	rc |= add(question, "answers", answers_of(row));
	if (!out && json_object_get(facts, "capex") != NULL)
		rc |= add(question, "capex", capex_of(facts));
	return rc == 0 ? 0 : fault_set(f, "no memory to ask");
}
