/* SPDX-License-Identifier: Apache-2.0 */
#include "security/request_user.h"

#include "base/text.h"

#include <string.h>

const char *
request_user_of_region(const struct region_def *r)
{
	return r->regionuser[0] != '\0' ? r->regionuser : r->applid;
}

enum link_kind
request_user_link(const struct ipconn_def *d, const struct region_def *r, const char *certuser, char out[NAME_SIZE])
{
	const char *given = d->linkauth == LINKAUTH_CERTUSER ? certuser : d->securityname;

	if (given[0] != '\0' && strcmp(given, request_user_of_region(r)) == 0) {
		out[0] = '\0';
		return LINK_REGION;
	}
	text_copy(out, NAME_SIZE, given[0] != '\0' ? given : r->dfltuser);
	return given[0] != '\0' ? LINK_OTHER : LINK_NOT_GIVEN;
}

static const char *
refused(const char *code, const char *words, const char **text)
{
	*text = words;
	return code;
}

/* userauth identify and verify: the request must have a valid user ID. */
static const char *
claim_userid(const struct request *q, const char **text)
{
	if (q->userid[0] == '\0')
		return refused("userid_missing", "the request names no user, and userauth of the ipconn asks for one", text);
	if (!name_ok(q->userid, strlen(q->userid)))
		return refused("userid_form", "a user ID is 1 to 8 of A-Z 0-9 $ @ #", text);
	return NULL;
}

static const char *
claim_nothing(const struct request *q, const char **text)
{
	if (q->userid[0] != '\0')
		return refused("userid_given", "the request names a user, and userauth of the ipconn accepts none", text);
	if (q->has_password)
		return refused("password_given", "the request carries a password, and userauth of the ipconn accepts none", text);
	return NULL;
}

const char *
request_user_claim(int userauth, const struct request *q, const char **text)
{
	const char *code;

	if (userauth != USERAUTH_IDENTIFY && userauth != USERAUTH_VERIFY)
		return claim_nothing(q, text);
	code = claim_userid(q, text);
	if (code != NULL)
		return code;
	if (userauth == USERAUTH_IDENTIFY && q->has_password)
		return refused("password_given", "userauth is identify: a user ID comes without a password", text);
	if (userauth == USERAUTH_VERIFY && !q->has_password)
		return refused("password_missing", "userauth is verify: a user ID comes with a password", text);
	return NULL;
}

static void
check(struct users *u, const char *userid)
{
	for (unsigned i = 0; i < u->nchecked; i++)
		if (strcmp(u->checked[i], userid) == 0)
			return;
	text_copy(u->checked[u->nchecked++], NAME_SIZE, userid);
}

/*
 * The user that is checked besides the link user, by the rows of the table. "": none; with userauth local only the link
 * user, or the default user, counts.
 */
static const char *
own(int userauth, enum link_kind kind, const struct region_def *r, const char *flowed)
{
	if (userauth == USERAUTH_IDENTIFY || userauth == USERAUTH_VERIFY)
		return flowed;
	return userauth == USERAUTH_DEFAULTUSER || kind == LINK_REGION ? r->dfltuser : "";
}

void
request_user_decide(int userauth, enum link_kind kind, const char *link, const struct region_def *r, const char *flowed, struct users *out)
{
	const char *user = own(userauth, kind, r, flowed);

	*out = (struct users){ .nchecked = 0 };
	text_copy(out->link, sizeof out->link, kind == LINK_REGION ? "" : link);
	text_copy(out->task, sizeof out->task, user[0] != '\0' ? user : link);
	if (user[0] != '\0')
		check(out, user);
	if (kind != LINK_REGION)
		check(out, link);
}
