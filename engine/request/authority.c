/* SPDX-License-Identifier: Apache-2.0 */
#include "request/authority.h"

#include "conn/ipconn.h"
#include "security/passwords.h"
#include "security/request_user.h"
#include "security/saf.h"

#include <stdio.h>
#include <string.h>

static const struct region_def *
region_of(const struct task *t)
{
	return &t->generation->definition->region;
}

const char *
authority_partner(const struct conn *c, char *out)
{
	const struct certificate *cert = c->facts->certificate;
	struct addr_prefix p;

	if (cert != NULL && cert->chain.ok)
		return cert->sha256;
	p = addr_subnet(&c->facts->peer.addr);
	return addr_prefix_print(&p, out, PARTNER_SIZE);
}

bool
authority_usable(const struct saf *s, const char *userid)
{
	const struct saf_user *u = saf_user(s, userid);

	return u != NULL && !u->revoked;
}

bool
authority_identified(const struct task *t, struct verdict *v)
{
	const struct saf *s = t->generation->saf;
	const struct saf_user *u = s != NULL ? saf_user(s, t->request.userid) : NULL;

	if (s == NULL || (u != NULL && !u->revoked))
		return true;
	if (u == NULL)
		verdict_refuse(v, "user_unknown", "the saf does not know the user");
	else
		verdict_refuse(v, "user_revoked", "the user is revoked");
	return false;
}

void
authority_users(struct task *t)
{
	const struct ipconn_def *d = t->ipconn->def;
	const struct region_def *r = region_of(t);
	char link[NAME_SIZE];
	enum link_kind kind = request_user_link(d, r, t->conn->facts->userid, link);

	if (kind == LINK_OTHER && t->generation->saf != NULL && !authority_usable(t->generation->saf, link)) {
		kind = LINK_NOT_GIVEN;
		memcpy(link, r->dfltuser, sizeof link);
	}
	request_user_decide(d->userauth, kind, link, r, t->request.userid, &t->users);
}

enum authority
authority_of(const struct task *t)
{
	if (t->conn->service->script[DOOR_ATTACH] != NULL)
		return AUTHORITY_DOOR;
	return resource_sec(region_of(t)) ? AUTHORITY_SAF : AUTHORITY_OPEN;
}

struct facts
authority_facts(const struct task *t, double now)
{
	struct facts f = *t->conn->facts;

	f.stage = STAGE_REQUEST;
	f.now = now;
	f.generation = t->conn->generation->number;
	f.request = &t->request;
	f.users = &t->users;
	f.bytes = t->len;
	return f;
}

struct record_entry *
authority_note(const struct task *t, double now)
{
	struct record_entry *d = record_entry_add(t->conn->record, DOOR_ATTACH, NULL, now);

	record_request(d, &t->request, &t->users, t->len);
	return d;
}

/* Checks READ access to the transaction, for one user. */
static bool
is_permitted(const struct task *t, const char *userid, struct record_entry *d, struct verdict *v)
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

void
authority_check(const struct task *t, struct record_entry *d, struct verdict *v)
{
	*v = (struct verdict){ .kind = VERDICT_ACCEPT };
	if (t->generation->saf == NULL || t->users.nchecked == 0) {
		verdict_refuse(v, "no_saf", "sec is yes and there is no saf to ask");
		return;
	}
	for (unsigned i = 0; i < t->users.nchecked; i++)
		if (!is_permitted(t, t->users.checked[i], d, v))
			return;
}
