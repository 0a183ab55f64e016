/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: decides whether a request may run. The user is identified first, so that an unknown partner learns no names.
 * Then the program is looked up. Then its users are authorised: by the attach door or, without a script, by the saf.
 */
#include "request/attach.h"

#include "request/program.h"

#include "base/clock.h"
#include "conn/ipconn.h"
#include "security/passwords.h"
#include "security/saf.h"
#include "security/request_user.h"

#include <stdio.h>
#include <string.h>

static const struct region_def *
region_of(const struct task *t)
{
	return &t->generation->definition->region;
}

/* The password has been used: wipe it. */
static void
wipe(struct task *t)
{
	explicit_bzero(t->request.password, sizeof t->request.password);
}

static const char *
join_users(const struct users *u, char out[CHECKED_MAX * NAME_SIZE])
{
	size_t n = 0;

	*out = '\0';
	for (unsigned i = 0; i < u->nchecked; i++)
		n += (size_t)snprintf(out + n, CHECKED_MAX * NAME_SIZE - n, "%s%s", i > 0 ? "," : "", u->checked[i]);
	return out;
}

static void
say_refused(const struct task *t, const char *policy, const struct verdict *v, unsigned sense)
{
	char prefix[ADDR_TEXT], users[CHECKED_MAX * NAME_SIZE], at[PLACE_SIZE + 16] = "", number[SENSE_TEXT];

	if (v->file[0] != '\0')
		snprintf(at, sizeof at, "%s:%d", v->file, v->line);
	log_refusal(t->worker->log, MSG_SP0050, door_name(DOOR_ATTACH), v->code, conn_around(t->conn, prefix), "connection",
		t->conn->facts.connection, "ipconn", t->ipconn->def.ipconn, "tran", t->request.tran, "program", t->request.program, "userid",
		t->request.userid, "users", join_users(&t->users, users), "door", door_name(DOOR_ATTACH), "policy", policy, "at", at, "code",
		v->code, "text", v->text, "sense", sense_print(sense, number), NULL);
}

/* Every refusal for security ends here. */
static void
refuse(struct task *t, unsigned sense, const char *policy, const struct verdict *v)
{
	wipe(t);
	t->ipconn->statistics.attach_refused++;
	say_refused(t, policy, v, sense);
	task_fail(t, sense, NULL, "%s: %s", v->code, v->text);
}

/* Adds an entry of the door to the record, for a decision without a script. */
static struct record_entry *
note(struct task *t)
{
	struct record_entry *d = record_entry_add(t->conn->record, DOOR_ATTACH, NULL, clock_wall());

	record_request(d, &t->request, &t->users, t->len);
	return d;
}

static void
refuse_user(struct task *t, const char *code, const char *text)
{
	struct verdict v;

	verdict_refuse(&v, code, "%s", text);
	record_verdict(note(t), &v, 0);
	refuse(t, SENSE_SECURITY_NOT_VALID, NULL, &v);
}

static void
let_in(struct task *t)
{
	t->ipconn->statistics.attached++;
	t->conn->entrance->statistics.attached++;
	program_begin(t);
}

/* --- may its users? --- */

static void
attach_answered(struct ask *a)
{
	struct task *t = a->arg;

	if (a->verdict.kind == VERDICT_ACCEPT)
		let_in(t);
	else
		refuse(t, SENSE_ACCESS_DENIED, a->script, &a->verdict);
}

/* A counter counts for each request, so there is no answer tape. */
static void
ask_door(struct task *t)
{
	struct conn *c = t->conn;
	struct facts f = c->facts;

	f.stage = STAGE_REQUEST;
	f.now = clock_wall();
	f.generation = c->generation->number;
	f.request = &t->request;
	f.users = &t->users;
	f.bytes = t->len;
	t->ask = (struct ask){
		.policy = c->generation->policy,
		.script = c->service->script[DOOR_ATTACH],
		.door = DOOR_ATTACH,
		.facts = &f,
		.record = c->record,
		.done = attach_answered,
		.arg = t,
	};
	policy_ask(&t->ask);
}

/* Checks READ access to the transaction, for one user. */
static bool
permitted(struct task *t, const char *userid, struct record_entry *d, struct verdict *v)
{
	struct saf_decision by;
	char name[80];

	saf_check(t->generation->saf, SAF_TRANSACTIONS, t->request.tran, userid, SAF_READ, &by);
	snprintf(name, sizeof name, "%s READ %s %s", userid, SAF_TRANSACTIONS, t->request.tran);
	record_check(d, name, by.permitted, by.profile[0] != '\0' ? by.profile : by.by, strlen(by.profile[0] != '\0' ? by.profile : by.by));
	if (!by.permitted)
		verdict_refuse(v, "not_authorised", "%s may not attach %s: %s%s%s, holds %s", userid, t->request.tran, by.by,
			by.profile[0] != '\0' ? " of " : strcmp(by.by, "no class") == 0 ? " " : " in ",
			by.profile[0] != '\0' ? by.profile : SAF_TRANSACTIONS, saf_access_name(by.held));
	return by.permitted;
}

static void
check_users(struct task *t)
{
	struct verdict v = { .kind = VERDICT_ACCEPT };
	struct record_entry *d = note(t);
	double start = clock_span();
	bool ok = t->generation->saf != NULL && t->users.nchecked > 0;

	if (!ok)
		verdict_refuse(&v, "no_saf", "sec is yes and there is no saf to ask");
	for (unsigned i = 0; ok && i < t->users.nchecked; i++)
		ok = permitted(t, t->users.checked[i], d, &v);
	record_verdict(d, &v, (clock_span() - start) * 1e6);
	if (ok)
		let_in(t);
	else
		refuse(t, SENSE_ACCESS_DENIED, NULL, &v);
}

static void
authorise(struct task *t)
{
	if (t->conn->service->script[DOOR_ATTACH] != NULL)
		ask_door(t);
	else if (resource_sec(region_of(t)))
		check_users(t);
	else
		let_in(t);
}

/* --- whose is it? --- */

static bool
usable(const struct saf *s, const char *userid)
{
	const struct saf_user *u = saf_user(s, userid);

	return u != NULL && !u->revoked;
}

/*
 * When the link user is unknown to the saf or is revoked, the link has the authority of the default user (IPIC.md 7.4).
 */
static void
decide_users(struct task *t)
{
	const struct ipconn_def *d = &t->ipconn->def;
	const struct region_def *r = region_of(t);
	char link[NAME_SIZE];
	enum link_kind kind = request_user_link(d, r, t->conn->facts.userid, link);

	if (kind == LINK_OTHER && t->generation->saf != NULL && !usable(t->generation->saf, link)) {
		kind = LINK_NOT_GIVEN;
		memcpy(link, r->dfltuser, sizeof link);
	}
	request_user_decide(d->userauth, kind, link, r, t->request.userid, &t->users);
}

static void
identified(struct task *t)
{
	const char *why = "";
	unsigned sense;

	wipe(t);
	decide_users(t);
	sense = program_find(t, &why);
	if (sense != SENSE_NONE)
		task_fail(t, sense, "DFHIS1025", "%s", why);
	else
		authorise(t);
}

static void claim(struct task *t);

/*
 * Another generation may have become current during the password check. Takes it over: its rule for users is in force.
 */
static bool
overtaken(struct task *t)
{
	struct generation *before = t->generation;

	if (before == t->worker->generation)
		return false;
	t->generation = generation_ref(t->worker->generation);
	generation_unref(before);
	return true;
}

static void
attach_verified(void *arg, enum password_answer a)
{
	struct task *t = arg;

	t->checking = NULL;
	t->stop = NULL;
	if (a == PASSWORD_WRONG)
		refuse_user(t, "password_wrong", "unknown user, or wrong password");
	else if (a == PASSWORD_REVOKED)
		refuse_user(t, "user_revoked", "the user is revoked");
	else if (a == PASSWORD_BUSY)
		refuse_user(t, "passwords_busy", "too many passwords wait to be checked, or there is no memory to check one");
	else if (overtaken(t))
		claim(t);
	else if (!usable(t->generation->saf, t->request.userid))
		refuse_user(t, "user_revoked", "the user is revoked");
	else
		identified(t);
}

static void
attach_stop_checking(struct task *t)
{
	passwords_cancel(t->checking);
	t->checking = NULL;
}

/*
 * By what password failures of a partner are counted: its certificate when that was verified, else its address. IPv6
 * counts by /64, because a host can use any address of it. A certificate that was not verified does not count: a
 * guesser can make a new one for each guess.
 */
static const char *
partner_of(const struct conn *c, char out[PARTNER_SIZE])
{
	const struct certificate *cert = c->facts.certificate;
	struct addr_prefix p;

	if (cert != NULL && cert->chain.ok)
		return cert->sha256;
	p = addr_subnet(&c->facts.peer.addr);
	return addr_prefix_print(&p, out, PARTNER_SIZE);
}

/* The answer may come before passwords_verify returns, and t may be freed then. NULL: it came; else the check waits. */
static void
verify(struct task *t)
{
	char partner[PARTNER_SIZE];
	struct password_question q = { .ipconn = t->ipconn->def.ipconn, .partner = partner_of(t->conn, partner), .userid = t->request.userid,
		.password = t->request.password };
	struct password_check *waiting;

	if (t->generation->saf == NULL) {
		refuse_user(t, "no_saf", "userauth is verify and the region names no saf to verify by");
		return;
	}
	waiting = passwords_verify(t->worker->passwords, t->generation->saf, &q, attach_verified, t);
	if (waiting == NULL)
		return;
	t->checking = waiting;
	t->stop = attach_stop_checking;
}

static void
identify(struct task *t)
{
	const struct saf *s = t->generation->saf;
	const struct saf_user *u = s != NULL ? saf_user(s, t->request.userid) : NULL;

	if (s != NULL && u == NULL)
		refuse_user(t, "user_unknown", "the saf does not know the user");
	else if (s != NULL && u->revoked)
		refuse_user(t, "user_revoked", "the user is revoked");
	else
		identified(t);
}

static void
claim(struct task *t)
{
	const char *text = "", *code = request_user_claim(t->ipconn->def.userauth, &t->request, &text);

	if (code != NULL)
		refuse_user(t, code, text);
	else if (t->ipconn->def.userauth == USERAUTH_VERIFY)
		verify(t);
	else if (t->ipconn->def.userauth == USERAUTH_IDENTIFY)
		identify(t);
	else
		identified(t);
}

void
attach_begin(struct task *t)
{
	task_open(t);
	claim(t);
}
