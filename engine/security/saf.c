/* SPDX-License-Identifier: Apache-2.0 */
#include "security/saf.h"

#include "config/attribute.h"
#include "base/nametable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REVOKE_TIMES 5
#define REVOKE_ALL_TIMES 10

struct permit {
	char who[NAME_SIZE];
	enum saf_access access;
};

/* Structs found by name begin with the name (nametable.h). */
struct profile {
	char name[SAF_PROFILE_SIZE];
	enum saf_access uacc;
	struct permit *permit; /* owned; sorted by who */
	size_t npermits;
};

struct class {
	char name[SAF_CLASS_SIZE];
	struct nametable profiles;    /* all; owned */
	struct profile **generic; /* the generic ones, the most specific first */
	size_t ngenerics;
};

struct user {
	struct saf_user is; /* must be first; its userid is its first member */
	char (*group)[NAME_SIZE]; /* owned; sorted */
	size_t ngroups;
};

struct saf {
	struct nametable users, classes; /* owned */
	struct nametable groups;         /* names, each allocated */
	unsigned revoke, revoke_all;
	bool revoke_all_given;
	uint64_t sum;
	char digest[SAF_DIGEST];
};

char *
saf_digest(struct saf *s)
{
	return s->digest;
}

uint64_t *
saf_sum(struct saf *s)
{
	return &s->sum;
}

/* --- access ----------------------------------------------------------------------------------- */

static const char *const access_names[] = { "NONE", "EXECUTE", "READ", "UPDATE", "CONTROL", "ALTER" };

const char *
saf_access_name(enum saf_access a)
{
	return access_names[a];
}

int
saf_access_of(const char *name)
{
	for (int a = SAF_NONE; a <= SAF_ALTER; a++)
		if (strcasecmp(name, access_names[a]) == 0)
			return a;
	return -1;
}

/* --- building --------------------------------------------------------------------------------- */

struct saf *
saf_new(void)
{
	struct saf *s = calloc(1, sizeof *s);

	if (s != NULL)
		s->revoke = REVOKE_TIMES;
	return s;
}

static void
class_free(struct class *c)
{
	struct profile *p;

	for (size_t at = 0; (p = nametable_next(&c->profiles, &at)) != NULL;) {
		free(p->permit);
		free(p);
	}
	nametable_free(&c->profiles);
	free(c->generic);
	free(c);
}

void
saf_free(struct saf *s)
{
	struct user *u;
	struct class *c;
	char *group;

	if (s == NULL)
		return;
	for (size_t at = 0; (u = nametable_next(&s->users, &at)) != NULL;) {
		free(u->group);
		free(u);
	}
	for (size_t at = 0; (c = nametable_next(&s->classes, &at)) != NULL;)
		class_free(c);
	for (size_t at = 0; (group = nametable_next(&s->groups, &at)) != NULL;)
		free(group);
	nametable_free(&s->users);
	nametable_free(&s->classes);
	nametable_free(&s->groups);
	free(s);
}

/* Adds a new entry to the index, or frees it. */
static int
take_in(struct nametable *k, void *thing)
{
	if (thing != NULL && nametable_add(k, thing) == 0)
		return 0;
	free(thing);
	return -1;
}

int
saf_add_user(struct saf *s, const struct saf_user *u)
{
	struct user *fresh = calloc(1, sizeof *fresh);

	if (fresh != NULL)
		fresh->is = *u;
	return take_in(&s->users, fresh);
}

int
saf_add_to_group(struct saf *s, const char *userid, const char *group)
{
	struct user *u = nametable_find(&s->users, userid);
	char(*grown)[NAME_SIZE];
	size_t at = 0;

	if (u == NULL || (nametable_find(&s->groups, group) == NULL && take_in(&s->groups, strdup(group)) < 0))
		return -1;
	while (at < u->ngroups && strcmp(u->group[at], group) < 0)
		at++;
	if (at < u->ngroups && strcmp(u->group[at], group) == 0)
		return -1;
	grown = realloc(u->group, (u->ngroups + 1) * sizeof *grown);
	if (grown == NULL)
		return -1;
	u->group = grown;
	memmove(grown + at + 1, grown + at, (u->ngroups++ - at) * sizeof *grown);
	snprintf(grown[at], sizeof grown[at], "%s", group);
	return 0;
}

int
saf_add_class(struct saf *s, const char *class)
{
	struct class *c = calloc(1, sizeof *c);

	if (c != NULL)
		snprintf(c->name, sizeof c->name, "%s", class);
	return take_in(&s->classes, c);
}

static int
add_generic(struct class *c, struct profile *p)
{
	struct profile **grown = realloc(c->generic, (c->ngenerics + 1) * sizeof *grown);
	size_t at = c->ngenerics;

	if (grown == NULL)
		return -1;
	c->generic = grown;
	while (at > 0 && profile_order(p->name, grown[at - 1]->name) < 0)
		at--;
	memmove(grown + at + 1, grown + at, (c->ngenerics++ - at) * sizeof *grown);
	grown[at] = p;
	return 0;
}

int
saf_add_profile(struct saf *s, const char *class, const char *profile, enum saf_access uacc)
{
	struct class *c = nametable_find(&s->classes, class);
	struct profile *p = c != NULL ? calloc(1, sizeof *p) : NULL;

	if (p == NULL)
		return -1;
	snprintf(p->name, sizeof p->name, "%s", profile);
	p->uacc = uacc;
	if (take_in(&c->profiles, p) < 0)
		return -1;
	return profile_generic(profile) ? add_generic(c, p) : 0;
}

/* Returns the place of the permit for who, or the place where it belongs. */
static size_t
permit_place(const struct profile *p, const char *who)
{
	size_t from = 0, to = p->npermits;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (strcmp(p->permit[mid].who, who) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static const struct permit *
permit_of(const struct profile *p, const char *who)
{
	size_t at = permit_place(p, who);

	return at < p->npermits && strcmp(p->permit[at].who, who) == 0 ? &p->permit[at] : NULL;
}

int
saf_permit(struct saf *s, const char *class, const char *profile, const char *who, enum saf_access access)
{
	struct class *c = nametable_find(&s->classes, class);
	struct profile *p = c != NULL ? nametable_find(&c->profiles, profile) : NULL;
	struct permit *grown;
	size_t at;

	if (p == NULL || permit_of(p, who) != NULL)
		return -1;
	grown = realloc(p->permit, (p->npermits + 1) * sizeof *grown);
	if (grown == NULL)
		return -1;
	p->permit = grown;
	at = permit_place(p, who);
	memmove(grown + at + 1, grown + at, (p->npermits++ - at) * sizeof *grown);
	grown[at].access = access;
	snprintf(grown[at].who, sizeof grown[at].who, "%s", who);
	return 0;
}

void
saf_set_revoke(struct saf *s, unsigned times)
{
	s->revoke = times;
}

unsigned
saf_revoke(const struct saf *s)
{
	return s->revoke;
}

void
saf_set_revoke_all(struct saf *s, unsigned times)
{
	s->revoke_all = times;
	s->revoke_all_given = true;
}

unsigned
saf_revoke_all(const struct saf *s)
{
	return s->revoke_all_given ? s->revoke_all : s->revoke * REVOKE_ALL_TIMES;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Writes the name in upper case. False: it is longer than any name, so nothing is found by it. */
static bool
fold(char *out, size_t size, const char *name)
{
	return text_upper(out, size, name, strlen(name));
}

static const struct user *
find_user(const struct saf *s, const char *userid)
{
	char name[NAME_SIZE];

	return s != NULL && fold(name, sizeof name, userid) ? nametable_find(&s->users, name) : NULL;
}

static const struct class *
find_class(const struct saf *s, const char *class)
{
	char name[SAF_CLASS_SIZE];

	return s != NULL && fold(name, sizeof name, class) ? nametable_find(&s->classes, name) : NULL;
}

/* Generic characters in a resource have no special meaning: a profile is found by its name only when it is discrete. */
static const struct profile *
find_profile(const struct class *c, const char *resource)
{
	char name[SAF_PROFILE_SIZE];
	const struct profile *p;

	if (*resource == '\0' || !fold(name, sizeof name, resource))
		return NULL;
	p = profile_generic(name) ? NULL : nametable_find(&c->profiles, name);
	for (size_t i = 0; p == NULL && i < c->ngenerics; i++)
		if (profile_covers(c->generic[i]->name, name))
			p = c->generic[i];
	return p;
}

/* The highest permit of the user's groups. False: no group has one. */
static bool
held_by_groups(const struct profile *p, const struct user *u, enum saf_access *held)
{
	bool any = false;

	for (size_t i = 0; i < u->ngroups; i++) {
		const struct permit *g = permit_of(p, u->group[i]);

		if (g != NULL && (!any || g->access > *held))
			*held = g->access;
		any |= g != NULL;
	}
	return any;
}

static const char *
held_by(const struct profile *p, const struct user *u, enum saf_access *held)
{
	const struct permit *own = permit_of(p, u->is.userid), *all;

	if (own != NULL)
		return *held = own->access, "user";
	if (held_by_groups(p, u, held))
		return "group";
	all = permit_of(p, "*");
	if (all != NULL)
		return *held = all->access, "id(*)";
	return *held = p->uacc, "uacc";
}

bool
saf_check(const struct saf *s, const char *class, const char *resource, const char *userid, enum saf_access wanted, struct saf_decision *out)
{
	const struct class *c = find_class(s, class);
	const struct profile *p = c != NULL ? find_profile(c, resource) : NULL;
	const struct user *u = find_user(s, userid);

	*out = (struct saf_decision){ .defined = p != NULL, .held = SAF_NONE };
	if (p != NULL)
		snprintf(out->profile, sizeof out->profile, "%s", p->name);
	if (c == NULL)
		out->by = "no class";
	else if (p == NULL)
		out->by = "no profile";
	else if (u == NULL)
		out->by = "unknown user";
	else if (u->is.revoked)
		out->by = "revoked user";
	else
		out->by = held_by(p, u, &out->held);
	out->permitted = p != NULL && u != NULL && !u->is.revoked && out->held >= wanted;
	return out->permitted;
}

bool
saf_has(const struct saf *s, const char *class)
{
	return find_class(s, class) != NULL;
}

size_t
saf_generics(const struct saf *s, const char *class)
{
	const struct class *c = find_class(s, class);

	return c != NULL ? c->ngenerics : 0;
}

const struct saf_user *
saf_user(const struct saf *s, const char *userid)
{
	const struct user *u = find_user(s, userid);

	return u != NULL ? &u->is : NULL;
}

const char *
saf_decoy(const struct saf *s, const char *userid)
{
	size_t start = s != NULL ? nametable_start(&s->users, userid) : 0;
	const struct user *u;

	for (size_t at = start; s != NULL && (u = nametable_next(&s->users, &at)) != NULL;)
		if (u->is.password[0] != '\0')
			return u->is.password;
	for (size_t at = 0; s != NULL && at < start && (u = nametable_next(&s->users, &at)) != NULL;)
		if (u->is.password[0] != '\0')
			return u->is.password;
	return "scrypt:14:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
}

size_t
saf_groups(const struct saf *s, const char *userid)
{
	const struct user *u = find_user(s, userid);

	return u != NULL ? u->ngroups : 0;
}

const char *
saf_group(const struct saf *s, const char *userid, size_t i)
{
	return find_user(s, userid)->group[i];
}

static void
class_strangers(const struct saf *s, const struct class *c, void (*say)(void *, const char *, const char *, const char *), void *arg)
{
	const struct profile *p;

	for (size_t at = 0; (p = nametable_next(&c->profiles, &at)) != NULL;)
		for (size_t i = 0; i < p->npermits; i++) {
			const char *who = p->permit[i].who;

			if (strcmp(who, "*") != 0 && nametable_find(&s->users, who) == NULL && nametable_find(&s->groups, who) == NULL)
				say(arg, c->name, p->name, who);
		}
}

void
saf_strangers(const struct saf *s, void (*say)(void *arg, const char *class, const char *profile, const char *who), void *arg)
{
	const struct class *c;

	for (size_t at = 0; (c = nametable_next(&s->classes, &at)) != NULL;)
		class_strangers(s, c, say, arg);
}
