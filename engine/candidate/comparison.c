/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/comparison.h"

#include <stdio.h>
#include <string.h>

#include "policy/facts_json.h"

/* --- codes ------------------------------------------------------------------------------------ */

/*
 * The codes of refusals by the engine that follow from the definitions, the certificate and the CAPEX. All others
 * follow from the state of the region, of the network or of the partner.
 */
static bool
is_defined(const char *code)
{
	static const char *const codes[] = { "plain_text", "tls_on_plain", "no_certificate", "certificate_limit", "chain", "server_applid", "ha",
		"mismatch", "trust", "one_way", "applid_changed", "port_changed", "template_unknown", "userid_given", "userid_missing", "userid_form",
		"user_unknown", "no_saf", "not_authorised", "not_attached" };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

bool
comparison_is_state(const char *code)
{
	static const char *const codes[] = { "password_wrong", "passwords_busy", "password_given", "password_missing", "user_revoked", "shutdown" };

	for (size_t i = 0; code != NULL && i < sizeof codes / sizeof *codes; i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

/* --- the beginning ---------------------------------------------------------------------------- */

static const struct past_question *
final_of(const struct past *r)
{
	for (size_t i = r->questions; i-- > 0;)
		if (r->question[i].refused)
			return &r->question[i];
	return NULL;
}

static enum trial_part
part_of_door(enum door door)
{
	static const enum trial_part parts[DOOR_COUNT] = { [DOOR_ADMIT] = TRIAL_ADMIT, [DOOR_CERTIFY] = TRIAL_TLS, [DOOR_BIND] = TRIAL_BIND,
		[DOOR_INSTALL] = TRIAL_IPCONN, [DOOR_ATTACH] = TRIAL_IPCONN, [DOOR_DELETE] = TRIAL_IPCONN };

	return parts[door];
}

/* The part in which a rule refuses with that code. */
static enum trial_part
part_of_code(const char *code)
{
	static const char *const tls[] = { "plain_text", "tls_on_plain", "no_certificate", "certificate_limit", "chain" };

	for (size_t i = 0; i < sizeof tls / sizeof *tls; i++)
		if (strcmp(tls[i], code) == 0)
			return TRIAL_TLS;
	return strcmp(code, "server_applid") == 0 ? TRIAL_CAPEX : TRIAL_IPCONN;
}

/* The part of the last door that was asked. False: none was. */
static bool
asked_part(const struct past *r, enum trial_part *last)
{
	bool any = false;

	*last = TRIAL_ADMIT;
	for (size_t i = 0; i < r->questions; i++)
		if (r->question[i].door != DOOR_COUNT) {
			enum trial_part part = part_of_door(r->question[i].door);

			any = true;
			*last = part > *last ? part : *last;
		}
	return any;
}

/* True when the connection went through its CAPEX. */
static bool
was_accepted(const struct past *r)
{
	return !r->attempt && (r->has_installed || strcmp(r->outcome, "accepted") == 0 || strcmp(r->outcome, "redirected") == 0);
}

bool
comparison_begin(struct comparison *c, const struct past *r, enum trial_part *last)
{
	bool asked = asked_part(r, last);

	*c = (struct comparison){ .recorded = r, .door = DOOR_COUNT };
	c->final = final_of(r);
	if (c->final == NULL && was_accepted(r))
		*last = TRIAL_IPCONN;
	if (c->final != NULL && c->final->door == DOOR_COUNT && c->final->code != NULL && is_defined(c->final->code)) {
		*last = part_of_code(c->final->code) > *last ? part_of_code(c->final->code) : *last;
		asked = true;
	}
	return asked;
}

void
comparison_begin_request(struct comparison *c, const struct past *r, const struct past_question *q)
{
	*c = (struct comparison){ .recorded = r, .door = DOOR_COUNT, .is_request = true, .final = q->refused ? q : NULL };
}

void
comparison_repeat(struct comparison *again, const struct comparison *c)
{
	*again = (struct comparison){ .recorded = c->recorded, .final = c->final, .silent = true, .door = c->door };
}

/* --- differences ------------------------------------------------------------------------------ */

static void
side_recorded(struct comparison_side *s, const struct past_question *q)
{
	*s = (struct comparison_side){ .line = (int)account_integer(account_member(q->account, "line")) };
	snprintf(s->verdict, sizeof s->verdict, "%s", q->verdict != NULL ? q->verdict : "");
	snprintf(s->code, sizeof s->code, "%s", q->code != NULL ? q->code : "");
	snprintf(s->policy, sizeof s->policy, "%s", q->policy != NULL ? q->policy : "");
}

static void
side_decided(struct comparison_side *s, const struct comparison_decision *d)
{
	*s = (struct comparison_side){ .line = d->verdict->line };
	snprintf(s->verdict, sizeof s->verdict, "%s", verdict_name(d->verdict->kind));
	if (d->verdict->kind == VERDICT_REFUSE)
		snprintf(s->code, sizeof s->code, "%s", d->verdict->code);
	snprintf(s->policy, sizeof s->policy, "%s", d->script != NULL ? d->script : "");
}

static void
differ(struct comparison *c, enum replay_class class, const struct past_question *before, const struct comparison_decision *after)
{
	c->differs = true;
	c->class = class;
	c->door = after->door;
	snprintf(c->where, sizeof c->where, "%s", after->where);
	c->has_before = before != NULL;
	if (before != NULL)
		side_recorded(&c->before, before);
	c->has_after = after->verdict != NULL;
	if (after->verdict != NULL)
		side_decided(&c->after, after);
}

/* Whether the candidate can ask the door about the connection. */
static bool
may_ask(const struct comparison *c, enum door d)
{
	const struct door_row *row = door_row(d);
	const struct service *s = c->service;
	bool certify = s == NULL || (s->tls != NULL && (c->recorded->facts.way == WAY_OUT || s->ssl == SSL_CLIENTAUTH || s->script[d] != NULL));

	return row->kind == DOOR_QUESTION && row->stage != STAGE_REQUEST && (row->ways >> c->recorded->facts.way & 1) != 0 &&
		(row->stage != STAGE_TLS || certify);
}

/* The doors behind that one which the candidate may ask and which the record never asked. */
static unsigned
beyond(const struct comparison *c, enum door door)
{
	unsigned doors = 0;

	for (enum door d = door + 1; d < DOOR_COUNT && !c->is_request; d++)
		if (may_ask(c, d) && past_at(c->recorded, d) == NULL)
			doors |= 1u << d;
	return doors;
}

/* The door after which the record has no more: for a rule, the last one of its stage that was asked. */
static enum door
last_door(const struct comparison *c)
{
	enum door last = DOOR_ADMIT;

	for (enum door d = 0; d < DOOR_COUNT; d++)
		if (past_at(c->recorded, d) != NULL)
			last = d;
	return last;
}

static void
accept_newly(struct comparison *c, const struct past_question *was, const struct comparison_decision *is)
{
	differ(c, REPLAY_NEWLY_ACCEPTED, was, is);
	c->beyond = beyond(c, is->door != DOOR_COUNT ? is->door : last_door(c));
	c->settled = true;
}

static void
refuse(struct comparison *c, const struct past_question *was, const struct comparison_decision *is)
{
	const struct past_question *final = c->final;

	c->settled = true;
	if (final == NULL) {
		differ(c, REPLAY_NEWLY_REFUSED, was, is);
	} else if (strcmp(final->where, is->where) == 0 && final->code != NULL && strcmp(final->code, is->verdict->code) == 0) {
		c->same += is->door != DOOR_COUNT;
	} else {
		differ(c, REPLAY_CHANGED, final, is);
		snprintf(c->why, sizeof c->why, strcmp(final->where, is->where) == 0 ? "code" : "door");
	}
}

/* --- accepted before and after ---------------------------------------------------------------- */

/* Copies a grant of the account; one that is not there is "". */
static void
take(struct account_value granted, const char *name, char *out, size_t size)
{
	const char *text = account_text(account_member(granted, name));

	snprintf(out, size, "%s", text != NULL ? text : "");
}

/*
 * The grants of the account. The user ID is that of v: it is compared at the end, where maps.lua has counted.
 */
static struct verdict
granted_by(struct account_value account, const struct verdict *v)
{
	struct account_value granted = account_member(account, "granted"), port = account_member(granted, "port");
	struct verdict was = { .sysplex = account_is_true(account_member(granted, "sysplex")) };

	memcpy(was.userid, v->userid, sizeof was.userid);
	take(granted, "template", was.install.template, sizeof was.install.template);
	take(granted, "ipconn", was.install.ipconn, sizeof was.install.ipconn);
	take(granted, "applid", was.install.applid, sizeof was.install.applid);
	take(granted, "host", was.install.host, sizeof was.install.host);
	was.install.has_host = true;
	was.install.has_port = account_has(port);
	was.install.port = (int)account_integer(port);
	return was;
}

/* The name of the grant that differs; NULL: none does. */
static const char *
other_grant(const struct past_question *was, const struct verdict *v)
{
	struct verdict then = granted_by(was->account, v);

	return verdict_other_grant(&then, v);
}

static void
change(struct comparison *c, const struct past_question *was, const struct comparison_decision *is, const char *why)
{
	if (c->differs)
		return;
	differ(c, REPLAY_CHANGED, was, is);
	snprintf(c->why, sizeof c->why, "%s", why);
}

static void
let_in(struct comparison *c, const struct past_question *was, const struct comparison_decision *is)
{
	const char *other = was != NULL ? other_grant(was, is->verdict) : NULL;

	if (was != NULL && was->refused)
		accept_newly(c, was, is);
	else if (other != NULL)
		change(c, was, is, other);
	else
		c->same++;
}

/* --- the walk --------------------------------------------------------------------------------- */

void
comparison_door(struct comparison *c, const struct past_question *was, const struct comparison_decision *is, const char *lack)
{
	if (c->settled || c->silent) {
		c->settled = c->settled || is->door == c->door;
		return;
	}
	c->decisions++;
	c->asked[is->door] = true;
	if (lack != NULL) {
		differ(c, REPLAY_UNKNOWN, was, is);
		snprintf(c->why, sizeof c->why, "the record does not answer: %s", lack);
		c->settled = true;
	} else if (is->verdict->kind == VERDICT_REFUSE) {
		refuse(c, was, is);
	} else {
		let_in(c, was, is);
	}
}

void
comparison_rule(struct comparison *c, const struct comparison_decision *is)
{
	if (!c->settled && !c->silent)
		refuse(c, NULL, is);
}

void
comparison_lost(struct comparison *c, enum door door, const char *lack)
{
	if (c->settled || c->silent)
		return;
	differ(c, REPLAY_UNKNOWN, past_at(c->recorded, door), &(struct comparison_decision){ .door = door, .where = door_name(door) });
	snprintf(c->why, sizeof c->why, "the record does not answer: %s", lack);
	c->settled = true;
}

void
comparison_undefined(struct comparison *c, const char *why)
{
	struct verdict v;

	verdict_refuse(&v, "mismatch", "%s", why);
	comparison_rule(c, &(struct comparison_decision){ .door = DOOR_COUNT, .where = stage_name(STAGE_TCP), .verdict = &v });
	if (c->differs)
		snprintf(c->why, sizeof c->why, "%.100s", why);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* No door of the candidate refused where the recorded connection, or request, was refused. */
static void
end_refused(struct comparison *c)
{
	const struct past_question *final = c->final;
	struct verdict v = { .kind = VERDICT_ACCEPT };
	struct comparison_decision is = { .door = final->door, .where = final->where, .verdict = &v };

	if (final->door != DOOR_COUNT || (final->code != NULL && is_defined(final->code)))
		accept_newly(c, final, &is);
}

/* Both let the connection in: by an ipconn of another kind, or with another user. */
static void
end_accepted(struct comparison *c, const struct trial *t)
{
	const struct past *r = c->recorded;
	const struct past_question *install = past_at(r, DOOR_INSTALL), *certify = past_at(r, DOOR_CERTIFY);
	struct verdict v = { .kind = VERDICT_ACCEPT };

	if (t->matched && install != NULL && !c->asked[DOOR_INSTALL])
		change(c, install, &(struct comparison_decision){ .door = DOOR_INSTALL, .where = install->where, .verdict = &v }, "defined, not autoinstalled");
	if (t->matched && install == NULL && c->asked[DOOR_INSTALL]) {
		v = t->conn->ask->verdict;
		change(c, NULL, &(struct comparison_decision){ .door = DOOR_INSTALL, .where = door_name(DOOR_INSTALL), .verdict = &v,
			.script = t->conn->service->script[DOOR_INSTALL] }, "autoinstalled, not defined");
	}
	if (certify != NULL && strcmp(r->facts.userid, t->conn->facts->userid) != 0)
		change(c, certify, &(struct comparison_decision){ .door = DOOR_CERTIFY, .where = certify->where, .verdict = &v,
			.script = t->conn->service->script[DOOR_CERTIFY] }, "userid");
}

void
comparison_end(struct comparison *c, const struct trial *t)
{
	if (c->settled || c->silent || t == NULL)
		return;
	if (!c->is_request && c->recorded->incomplete) {
		comparison_lost(c, last_door(c), "a part of the connection that the record had no room for");
		return;
	}
	if (c->final != NULL)
		end_refused(c);
	else if (!c->is_request)
		end_accepted(c, t);
}

/* --- the difference --------------------------------------------------------------------------- */

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? facts_json_sentence(text) : json_null();
}

static json_t *
side_json(const struct comparison_side *s, bool there)
{
	if (!there)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "verdict", text_or_null(s->verdict), "code", text_or_null(s->code), "policy", text_or_null(s->policy),
		"line", s->line > 0 ? json_integer(s->line) : json_null());
}

json_t *
comparison_json(const struct comparison *c)
{
	json_t *doors = json_array();

	for (enum door d = 0; d < DOOR_COUNT; d++)
		if ((c->beyond >> d & 1) != 0)
			json_array_append_new(doors, json_string(door_name(d)));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "door", facts_json_sentence(c->where), "before", side_json(&c->before, c->has_before), "after",
		side_json(&c->after, c->has_after), "beyond", doors, "why", text_or_null(c->why));
}
