/* SPDX-License-Identifier: Apache-2.0 */
#include "request/trial_request.h"

#include "request/authority.h"
#include "request/program.h"
#include "security/passwords.h"
#include "security/request_user.h"

#include <string.h>

/* Adds the refusal to the record. */
static void
refuse(struct trial *t, struct task *k, const struct verdict *v)
{
	struct record_entry *d = authority_note(k, t->now);

	trial_mark(t, d);
	record_verdict(d, v, 0);
	trial_decided(t, DOOR_ATTACH, v);
	t->refused = true;
}

static bool
refuse_code(struct trial *t, struct task *k, const char *code, const char *text)
{
	struct verdict v;

	verdict_refuse(&v, code, "%s", text);
	refuse(t, k, &v);
	return false;
}

/* --- whose is it? ----------------------------------------------------------------------------- */

/* The user of userauth VERIFY, as if its password were right. */
static bool
verify(struct trial *t, struct task *k)
{
	const struct worker *w = k->worker;
	char partner[PARTNER_SIZE];

	if (k->generation->saf == NULL)
		return refuse_code(t, k, "no_saf", "userauth is verify and the region names no saf to verify by");
	switch (passwords_expect(w->passwords, k->generation->saf, k->request.userid, authority_partner(k->conn, partner))) {
	case PASSWORD_RIGHT:
		trial_note(t, "not checked: the password of %s; it counts as right", k->request.userid);
		return true;
	case PASSWORD_REVOKED:
		return refuse_code(t, k, "user_revoked", "the user is revoked");
	case PASSWORD_WRONG:
	case PASSWORD_BUSY:
		break;
	}
	return refuse_code(t, k, "password_wrong", "unknown user, a user without a password, or a partner whose passwords are not checked now");
}

static bool
claim(struct trial *t, struct task *k)
{
	int userauth = k->ipconn->def->userauth;
	const char *text = "", *code;
	struct verdict v;

	k->request.has_password = userauth == USERAUTH_VERIFY && k->request.userid[0] != '\0';
	code = request_user_claim(userauth, &k->request, &text);
	if (code != NULL)
		return refuse_code(t, k, code, text);
	if (userauth == USERAUTH_VERIFY)
		return verify(t, k);
	if (userauth != USERAUTH_IDENTIFY || authority_identified(k, &v))
		return true;
	refuse(t, k, &v);
	return false;
}

/* --- may its users? --------------------------------------------------------------------------- */

/* A partner's ipconn is acquired when its request comes. For a past partner the record has the library's answers. */
static void
ask_door(struct trial *t, struct task *k)
{
	struct ipconn acquired = *k->ipconn;
	struct facts f;

	acquired.status = CONN_ACQUIRED;
	trial_prepare(t, DOOR_ATTACH);
	f = authority_facts(k, t->now);
	k->ask = (struct ask){ .door = DOOR_ATTACH, .script = k->conn->service->script[DOOR_ATTACH], .facts = &f };
	t->presumed = t->q->past == NULL ? &acquired : NULL;
	trial_put(t, &k->ask);
	t->presumed = NULL;
	if (k->ask.verdict.kind != VERDICT_ACCEPT)
		t->refused = true;
}

static void
check_users(struct trial *t, struct task *k)
{
	struct record_entry *d = authority_note(k, t->now);
	struct verdict v;

	trial_mark(t, d);
	authority_check(k, d, &v);
	record_verdict(d, &v, 0);
	trial_decided(t, DOOR_ATTACH, &v);
	if (v.kind != VERDICT_ACCEPT)
		t->refused = true;
}

static void
authorise(struct trial *t, struct task *k)
{
	switch (authority_of(k)) {
	case AUTHORITY_DOOR:
		ask_door(t, k);
		break;
	case AUTHORITY_SAF:
		check_users(t, k);
		break;
	case AUTHORITY_OPEN:
		trial_note(t, "the request runs without a check: sec is no, and the tcpipservice names no attach");
		break;
	}
}

/* The facts of the connection have the request, as the door attach sees it. */
static void
remember(struct trial *t, const struct task *k)
{
	struct facts *f = conn_learn(t->conn);

	t->request = k->request;
	t->users = k->users;
	f->request = &t->request;
	f->users = &t->users;
	f->bytes = k->len;
}

void
trial_request_run(struct trial *t, const struct request *q, size_t bytes)
{
	struct task k = { .worker = t->q->worker, .conn = t->conn, .ipconn = &t->partner, .generation = t->q->generation, .request = *q, .len = bytes };
	const char *why = "";
	unsigned sense;

	if (!t->matched || (t->refused && !t->q->all)) {
		trial_note(t, "the request is not asked about: the connection is %s", t->matched ? "refused" : "without an ipconn");
		return;
	}
	if (!claim(t, &k))
		return;
	authority_users(&k);
	remember(t, &k);
	sense = program_find(&k, &why);
	if (sense != SENSE_NONE)
		refuse_code(t, &k, "not_attached", why);
	else
		authorise(t, &k);
}
