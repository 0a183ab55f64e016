/* SPDX-License-Identifier: Apache-2.0 */
#include "region/reload_changes.h"

#include "security/certmap.h"
#include "conn/ipconn.h"
#include "conn/succession.h"
#include "conn/service_socket.h"
#include "policy/inputs.h"
#include "region/region.h"
#include "conn/registry.h"
#include "tls/ring.h"
#include "security/saf.h"
#include "sandbox/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_SHOWN 120 /* bytes of one value in a change */
#define AT_ONCE 16      /* objects of one step */

/* --- a change --------------------------------------------------------------------------------- */

/* Copies a string to *at, which goes behind it. */
static const char *
copy(char **at, const char *s)
{
	size_t n = strlen(s) + 1;
	char *to = memcpy(*at, s, n);

	*at += n;
	return to;
}

static struct reload_change *
append(struct reload_changes *l, const struct reload_change *like)
{
	struct reload_change *c = malloc(sizeof *c + strlen(like->name) + strlen(like->code) + strlen(like->text) + 3);
	char *at;

	if (c == NULL) {
		l->missing = true;
		return NULL;
	}
	*c = *like;
	at = c->bytes;
	c->name = copy(&at, like->name);
	c->code = copy(&at, like->code);
	c->text = copy(&at, like->text);
	*(l->last != NULL ? &l->last->next : &l->first) = c;
	l->last = c;
	l->n++;
	return c;
}

int
reload_changes_add(struct reload_changes *l, const char *kind, const char *name, const char *what, const char *text)
{
	return append(l, &(struct reload_change){ .kind = kind, .what = what, .name = name, .door = "", .code = "", .text = text }) != NULL ? 0 : -1;
}

static const char *
with_place(char *out, size_t size, const struct verdict *v)
{
	if (v->file[0] != '\0')
		snprintf(out, size, "%s:%d: %s", v->file, v->line, v->text);
	else
		snprintf(out, size, "%s", v->text);
	return out;
}

struct reload_change *
reload_changes_refusal(struct reload_changes *l, const char *name, const char *what, struct recheck_result *r)
{
	char text[TEXT_SIZE + PLACE_SIZE + 24];
	struct recheck_result *refusal = malloc(sizeof *refusal);
	struct reload_change *c = append(l, &(struct reload_change){ .kind = "ipconn", .what = what, .name = name,
		.door = r->door < DOOR_COUNT ? door_name(r->door) : "", .code = r->verdict.code, .text = with_place(text, sizeof text, &r->verdict), .refused = true });

	if (c == NULL || refusal == NULL) { /* no record gets an entry */
		recheck_forget(r);
		free(refusal);
		return c;
	}
	*refusal = *r;
	c->refusal = refusal;
	return c;
}

void
reload_changes_tell(struct reload_change *c)
{
	if (c->refusal != NULL)
		recheck_forget(c->refusal);
	free(c->refusal);
	c->refusal = NULL;
}

void
reload_changes_drop(struct reload_changes *l, struct reload_change **at)
{
	struct reload_change *c = *at;

	*at = c->next;
	if (c == l->last)
		l->last = at != &l->first ? (struct reload_change *)(void *)at : NULL;
	reload_changes_tell(c);
	free(c);
}

void
reload_changes_free(struct reload_changes *l)
{
	while (l->first != NULL) {
		struct reload_change *c = l->first;

		l->first = c->next;
		reload_changes_tell(c);
		free(c);
	}
	*l = (struct reload_changes){ .first = NULL };
}

void
reload_changes_append(struct reload_changes *to, struct reload_changes *from)
{
	*(to->last != NULL ? &to->last->next : &to->first) = from->first;
	if (from->last != NULL)
		to->last = from->last;
	to->n += from->n;
	to->missing |= from->missing;
	*from = (struct reload_changes){ .first = NULL };
}

#define FIND(word) \
	static const void *reload_changes_find_##word(const struct definition *d, const char *name) { return definition_##word(d, name); }
FIND(tcpipservice)
FIND(ipconn)
FIND(program)
FIND(transaction)
#undef FIND

static void
mark(struct reload_listing *l, const struct ipconn_def *d)
{
	if (l->succession != NULL)
		succession_mark(l->succession, d);
}

/* The four lists of a definition. */
static const struct list {
	const char *kind, *added, *removed;
	const struct attribute *attribute;
	const void *(*find)(const struct definition *d, const char *name);
	size_t size, name, first, count;
	size_t values; /* bytes of an object before the members that are no attributes */
} lists[] = {
#define LIST(word, key, new, old) { #word, new, old, resource_##word, reload_changes_find_##word, sizeof(struct word##_def), offsetof(struct word##_def, key), \
	offsetof(struct definition, word), offsetof(struct definition, n##word##s), offsetof(struct word##_def, line) }
	LIST(tcpipservice, tcpipservice, "opened", "closed"),
	LIST(ipconn, ipconn, "installed", "deleted"),
	LIST(program, program, "added", "removed"),
	LIST(transaction, transaction, "added", "removed"),
#undef LIST
};

enum { SERVICES, IPCONNS };

static const char *
name_of(const struct list *t, const void *object)
{
	return (const char *)object + t->name;
}

/* --- attributes ------------------------------------------------------------------------------- */

static const char *
shown(const struct attribute *a, const void *object, char *out, size_t size)
{
	attribute_print(a, object, out, size);
	return out[0] != '\0' ? out : "(none)";
}

/* The parameters of a script, with a blank before; "" none. */
static const char *
behind(const struct params *p, char *out, size_t size)
{
	snprintf(out, size, "%s%s", p != NULL ? " " : "", p != NULL ? p->text : "");
	return out;
}

/* from(): the words for the time from which a new value counts; "": at once. */
static void
list_attributes(struct reload_listing *l, const char *kind, const char *name, const struct attribute *table, const void *was, const void *now,
	const char *(*from)(struct reload_listing *l, const char *name, const char *attribute))
{
	char before[VALUE_SHOWN], after[VALUE_SHOWN], more[VALUE_SHOWN], still[VALUE_SHOWN], text[4 * VALUE_SHOWN + 128];

	for (const struct attribute *a = table; a->name != NULL; a++) {
		const struct params *p = a->kind == ATTR_SCRIPT ? params_find(&l->was->params, kind, name, a->name) : NULL;
		const struct params *q = a->kind == ATTR_SCRIPT ? params_find(&l->now->params, kind, name, a->name) : NULL;

		if (attribute_same(a, was, now) && params_same(p, q))
			continue;
		snprintf(text, sizeof text, "%s %s%s -> %s%s%s", a->name, shown(a, was, before, sizeof before), behind(p, more, sizeof more),
			shown(a, now, after, sizeof after), behind(q, still, sizeof still), from(l, name, a->name));
		reload_changes_add(l->changes, kind, name, "changed", text);
	}
}

static const char *
reload_changes_at_once(struct reload_listing *l, const char *name, const char *attribute)
{
	(void)l;
	(void)name;
	(void)attribute;
	return "";
}

static const char *
reload_changes_at_the_start(struct reload_listing *l, const char *name, const char *attribute)
{
	static const char *const fixed[] = { "control", "recovery", "records", "workers", "record", "record_full", "record_requests",
		"record_days", "record_megabytes", "record_mask", "versions", "user", "keep_caps" };

	(void)name;
	for (size_t i = 0; l->region != NULL && i < sizeof fixed / sizeof fixed[0]; i++)
		if (strcmp(fixed[i], attribute) == 0)
			return "; it counts from the next start";
	return "";
}

static const char *
reload_changes_when_released(struct reload_listing *l, const char *name, const char *attribute)
{
	const struct ipconn *i = l->region != NULL ? registry_name(l->region->registry, name) : NULL;

	(void)attribute;
	return i != NULL && i->status != CONN_RELEASED ? "; it counts when the ipconn has been released" : "";
}

/* --- lists of definitions --------------------------------------------------------------------- */

/* Whether the listener of that tcpipservice has a socket that stays. */
static bool
has_shared(const struct region *r, const char *tcpipservice)
{
	const struct listener *l = r != NULL ? listeners_find(&r->listeners, tcpipservice) : NULL;

	return l != NULL && l->kept == KEPT_SHARED;
}

static const char *
reload_changes_of_service(struct reload_listing *l, const char *name, const char *attribute)
{
	static const char *const address[] = { "portnumber", "host", "ipaddress" };

	for (size_t i = 0; has_shared(l->region, name) && i < sizeof address / sizeof address[0]; i++)
		if (strcmp(address[i], attribute) == 0)
			return "; the socket of the service manager stays";
	return "";
}

bool
reload_changes_moves(const struct region *r, const struct definition *was, const struct tcpipservice_def *d)
{
	const struct tcpipservice_def *old = definition_tcpipservice(was, d->tcpipservice);

	return old == NULL || (service_socket_moves(old, d) && !has_shared(r, d->tcpipservice));
}

/* Whether two objects have the same bytes, as nearly all of very many have. */
static bool
is_same(const struct reload_listing *l, const struct list *t, const void *was, const void *now)
{
	return l->was->params.n == 0 && l->now->params.n == 0 && memcmp(was, now, t->values) == 0;
}

/* Marks the definition `now` when the installed ipconn differs from it. A discarded ipconn is listed as added. */
static void
list_installed(struct reload_listing *l, const struct ipconn_def *was, const struct ipconn_def *now)
{
	const struct ipconn *i = registry_name(l->region->registry, now->ipconn); /* NULL: the operator had discarded it */

	if (i == NULL)
		reload_changes_add(l->changes, lists[IPCONNS].kind, now->ipconn, lists[IPCONNS].added, "");
	if (i == NULL || i->autoinstalled || !attribute_all_same(resource_ipconn, was, now))
		mark(l, now);
}

static void
list_pair(struct reload_listing *l, const struct list *t, const void *was, const void *now)
{
	bool service = t == &lists[SERVICES];

	if (service && reload_changes_moves(l->region, l->was, now))
		reload_changes_add(l->changes, t->kind, name_of(t, now), "replaced", "");
	if (!is_same(l, t, was, now))
		list_attributes(l, t->kind, name_of(t, now), t->attribute, was, now, t == &lists[IPCONNS] ? reload_changes_when_released : service ? reload_changes_of_service : reload_changes_at_once);
	if (t == &lists[IPCONNS] && l->region != NULL)
		list_installed(l, was, now);
}

struct objects { /* the objects of one list of a definition */
	const char *first; /* borrowed */
	size_t n;
};

static struct objects
objects_of(const struct list *t, const struct definition *d)
{
	struct objects o;

	memcpy(&o.n, (const char *)d + t->count, sizeof o.n);
	memcpy(&o.first, (const char *)d + t->first, sizeof o.first);
	return o;
}

/* The object of that name in the other definition, most often number i of its list. NULL: none. */
static const void *
other_of(const struct list *t, const struct definition *d, const struct objects *list, size_t i, const char *name)
{
	if (i < list->n && strcmp(name_of(t, list->first + i * t->size), name) == 0)
		return list->first + i * t->size;
	return t->find(d, name);
}

static void
list_new(struct reload_listing *l, const struct list *t, const void *now, const void *was)
{
	if (was != NULL)
		list_pair(l, t, was, now);
	else
		reload_changes_add(l->changes, t->kind, name_of(t, now), t->added, "");
	if (was == NULL && t == &lists[IPCONNS])
		mark(l, now);
}

static void
list_old(struct reload_listing *l, const struct list *t, const void *was, const void *now)
{
	if (now == NULL)
		reload_changes_add(l->changes, t->kind, name_of(t, was), t->removed, "");
}

/* Lists object number l->at: those of the new definition, then those of the old one. False: the list is complete. */
static bool
list_object(struct reload_listing *l, const struct list *t)
{
	struct objects now = objects_of(t, l->now), was = objects_of(t, l->was);
	bool new = l->at < now.n;
	size_t i = new ? l->at : l->at - now.n;
	const char *one;

	if (!new && i >= was.n)
		return false;
	one = (new ? now.first : was.first) + i * t->size;
	if (new)
		list_new(l, t, one, other_of(t, l->was, &was, i, name_of(t, one)));
	else
		list_old(l, t, one, other_of(t, l->now, &now, i, name_of(t, one)));
	l->at++;
	return true;
}

/* --- scripts and files ------------------------------------------------------------------------ */

static const struct source *
source_named(const struct generation *g, const char *name)
{
	const struct source *s = sources_first(g->sources);

	while (s != NULL && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}

static void
list_source(struct reload_changes *l, const struct generation *old, const struct source *s)
{
	const struct source *was = source_named(old, s->name);
	char text[2 * sizeof s->hash + 16];

	if (was == NULL) {
		reload_changes_add(l, "policy", s->name, "added", "");
	} else if (was->len != s->len || memcmp(was->bytes, s->bytes, s->len) != 0) {
		snprintf(text, sizeof text, "hash %s -> %s", was->hash, s->hash);
		reload_changes_add(l, "policy", s->name, "changed", text);
	}
}

static void
list_sources(struct reload_changes *l, const struct generation *was, const struct generation *now)
{
	for (const struct source *s = sources_first(now->sources); s != NULL; s = s->next)
		list_source(l, was, s);
	for (const struct source *s = sources_first(was->sources); s != NULL; s = s->next)
		if (source_named(now, s->name) == NULL)
			reload_changes_add(l, "policy", s->name, "removed", "");
}

/* The first file of that kind and name which the scripts of a generation read; NULL: none. */
static const struct input *
input_named(const struct generation *g, const struct input *wanted)
{
	const struct input *one = inputs_first(policy_inputs(g->policy));

	while (one != NULL && (strcmp(one->name, wanted->name) != 0 || (one->zone == NULL) != (wanted->zone == NULL)))
		one = one->next;
	return one;
}

/* Data that is read with several keys is listed once. */
static void
list_inputs(struct reload_changes *l, const struct generation *old, const struct generation *new)
{
	for (const struct input *one = inputs_first(policy_inputs(new->policy)); one != NULL; one = one->next) {
		const struct input *was = input_named(old, one);

		if (input_named(new, one) == one && (was == NULL || strcmp(was->digest, one->digest) != 0))
			reload_changes_add(l, one->zone != NULL ? "zone" : "data", one->name, was == NULL ? "added" : "changed", "");
	}
	for (const struct input *one = inputs_first(policy_inputs(old->policy)); one != NULL; one = one->next)
		if (input_named(old, one) == one && input_named(new, one) == NULL)
			reload_changes_add(l, one->zone != NULL ? "zone" : "data", one->name, "removed", "");
}

/* A file or a ring, compared by its sum; 0: there is none. */
static void
list_file(struct reload_changes *l, const char *kind, const char *name, uint64_t was, uint64_t now)
{
	if (was != now)
		reload_changes_add(l, kind, name, was == 0 ? "added" : now == 0 ? "removed" : "changed", "");
}

static uint64_t
sum_of_saf(struct saf *s)
{
	return s != NULL ? *saf_sum(s) : 0;
}

static void
list_files(struct reload_changes *l, const struct generation *old, const struct generation *new)
{
	const struct region_def *was = &old->definition->region, *now = &new->definition->region;
	const char *ring = now->ring[0] != '\0' ? now->ring : was->ring;

	list_file(l, "ring", ring, ring_sum(old->ring), ring_sum(new->ring));
	list_file(l, "maps", ring, certmap_sum(old->certmap), certmap_sum(new->certmap));
	list_file(l, "saf", new->saf_published || old->saf_published ? "published" : now->saf[0] != '\0' ? now->saf : was->saf, sum_of_saf(old->saf),
		sum_of_saf(new->saf));
}

void
reload_changes_begin(struct reload_listing *l, const struct region *r, const struct definition *was, const struct definition *now,
	struct reload_changes *changes, struct succession *succession)
{
	*l = (struct reload_listing){ .region = r, .was = was, .now = now, .changes = changes, .succession = succession };
	list_attributes(l, "region", now->region.applid, resource_region, &was->region, &now->region, reload_changes_at_the_start);
}

bool
reload_changes_some(struct reload_listing *l)
{
	for (unsigned n = 0; n < AT_ONCE && l->list < sizeof lists / sizeof lists[0]; n++) {
		if (list_object(l, &lists[l->list]))
			continue;
		l->list++;
		l->at = 0;
	}
	return l->list < sizeof lists / sizeof lists[0];
}

void
reload_changes_definitions(const struct region *r, const struct definition *was, const struct definition *now, struct reload_changes *l)
{
	struct reload_listing all;

	reload_changes_begin(&all, r, was, now, l, NULL);
	while (reload_changes_some(&all))
		continue;
}

void
reload_changes_files(const struct generation *was, const struct generation *g, struct reload_changes *l)
{
	list_sources(l, was, g);
	list_inputs(l, was, g);
	list_files(l, was, g);
}
