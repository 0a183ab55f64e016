/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "candidate/authorities.h"
#include "candidate/search_internal.h"
#include "policy/inputs.h"
#include "policy/script_cover.h"
#include "sandbox/sources.h"

/* --- one connection --------------------------------------------------------------------------- */

/* A number below n. A linear congruence; its high bits are used. */
static size_t
random_below(struct search *s, size_t n)
{
	s->random = s->random * 6364136223846793005u + 1442695040888963407u;
	return n > 0 ? (size_t)((s->random >> 33) % n) : 0;
}

/* Adds a string to a number. */
static uint64_t
add_text(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = h * 1099511628211u + (unsigned char)*text;
	return h;
}

/* A number that is equal for walks that ended alike: the listener, the doors, their verdicts and codes. */
static uint64_t
trace_of(const struct walked *w)
{
	uint64_t h = add_text(w->accepted, w->trial->conn->facts->tcpipservice);

	for (size_t i = 0; i < w->doors; i++)
		h = add_text(h * 1099511628211u + (uint64_t)w->door[i].door * 8 + w->door[i].verdict, w->door[i].code);
	return add_text(add_text(h, w->code), w->accepted ? w->trial->partner.template : "");
}

static bool
is_new_trace(struct search *s, uint64_t trace)
{
	for (size_t i = 0; i < s->traces; i++)
		if (s->trace[i] == trace)
			return false;
	if (s->traces < SEARCH_TRACES)
		s->trace[s->traces++] = trace;
	return s->traces < SEARCH_TRACES;
}

/* Keeps a connection that did something new. */
static void
keep(struct search *s, const struct supposed *c, const struct walked *w)
{
	unsigned long news = s->cover.news;
	bool fresh = is_new_trace(s, trace_of(w));

	if ((news != s->news || fresh) && s->kept < SEARCH_KEPT)
		s->keep[s->kept++] = (struct kept){ .supposed = *c, .accepted = w->accepted };
	s->news = news;
}

/* Keeps an accepted connection for claims that compare connections: one for each certificate of an ipconn. */
static void
remember(struct search *s, const struct supposed *c, const struct walked *w)
{
	const struct certificate *cert = w->trial->conn->facts->certificate;
	struct seen *one = &s->seen[s->nseen];
	size_t same = 0;

	if (!w->accepted || s->nseen == SEARCH_SEEN)
		return;
	for (size_t i = 0; i < s->nseen; i++)
		same += strcmp(s->seen[i].ipconn, w->trial->partner.def->ipconn) == 0;
	if (same == SEARCH_SAME)
		return;
	*one = (struct seen){ .supposed = *c };
	snprintf(one->ipconn, sizeof one->ipconn, "%s", w->trial->partner.def->ipconn);
	snprintf(one->sha256, sizeof one->sha256, "%s", cert != NULL ? cert->sha256 : "");
	for (size_t i = 0; i < s->nseen; i++)
		if (strcmp(s->seen[i].ipconn, one->ipconn) == 0 && strcmp(s->seen[i].sha256, one->sha256) == 0)
			return;
	s->nseen++;
}

static void
judge(struct search *s, const struct supposed *c, const struct walked *w)
{
	for (size_t i = 0; i < invariants_count(s->order->invariants); i++) {
		int holds = s->settled[i] ? 1 : invariants_judge(s->order->invariants, i, w, s->faults);

		if (holds == 1)
			continue;
		s->settled[i] = true;
		s->open--;
		if (holds == 0)
			counterexample_report(s, i, c);
		else
			s->result->broken++;
	}
}

bool
search_try(struct search *s, const struct supposed *c)
{
	struct walked w;

	if (s->open == 0 || clock_span() >= s->until)
		return false;
	s->result->walks++;
	if (supposed_walk(&s->ground, c, &w) < 0)
		return true;
	keep(s, c, &w);
	judge(s, c, &w);
	remember(s, c, &w);
	supposed_end(&w);
	return true;
}

/* --- the grid --------------------------------------------------------------------------------- */

static size_t
count_of(const struct search *s, enum slot slot)
{
	return s->values.list[supposed_kind(slot)].n;
}

static size_t
base_of(const struct search *s, enum slot slot)
{
	return s->values.list[supposed_kind(slot)].base;
}

/* The index of "NETWORKID.APPLID" of the connection among the names of certificates; 0: it is not there. */
static unsigned short
whole_name(const struct search *s, const struct supposed *c)
{
	char text[2 * NAME_SIZE + 1];

	snprintf(text, sizeof text, "%s.%s", supposed_value(&s->ground, c, SLOT_NETWORKID)->bytes, supposed_value(&s->ground, c, SLOT_APPLID)->bytes);
	return (unsigned short)values_find(&s->values, VALUE_NAME, text, strlen(text));
}

static unsigned short
applid_name(const struct search *s, const struct supposed *c)
{
	const struct value *v = supposed_value(&s->ground, c, SLOT_APPLID);

	return (unsigned short)values_find(&s->values, VALUE_NAME, v->bytes, v->len);
}

/* A name of a system; half of them are of the definition. */
static unsigned short
guess_system(struct search *s)
{
	return (unsigned short)random_below(s, random_below(s, 2) == 0 ? s->values.defined : base_of(s, SLOT_APPLID));
}

/*
 * Gives the connection the names of a literal NETWORKID.APPLID, so that a list of partners in a script has its
 * connection however many names there are. Another name changes nothing.
 */
static void
take_pair(const struct search *s, struct supposed *c, unsigned short name)
{
	const struct value *v = &s->values.list[VALUE_NAME].item[name];
	const char *dot = memchr(v->bytes, '.', v->len);
	size_t networkid = dot != NULL ? values_find(&s->values, VALUE_SYSTEM, v->bytes, (size_t)(dot - v->bytes)) : 0;
	size_t applid = dot != NULL ? values_find(&s->values, VALUE_SYSTEM, dot + 1, v->len - (size_t)(dot + 1 - v->bytes)) : 0;

	if (networkid == 0 || applid == 0)
		return;
	c->value[SLOT_NETWORKID] = (unsigned short)networkid;
	c->value[SLOT_APPLID] = (unsigned short)applid;
}

/* A connection whose names belong together, or do not. */
static struct supposed
guess(struct search *s)
{
	struct supposed c = { { 0 } };

	c.value[SLOT_SERVICE] = (unsigned short)random_below(s, count_of(s, SLOT_SERVICE));
	c.value[SLOT_PEER] = (unsigned short)(random_below(s, 2) == 0 ? 0 : random_below(s, base_of(s, SLOT_PEER)));
	c.value[SLOT_NETWORKID] = guess_system(s);
	c.value[SLOT_APPLID] = guess_system(s);
	c.value[SLOT_PROOF] = (unsigned short)random_below(s, count_of(s, SLOT_PROOF));
	c.value[SLOT_ISSUER] = (unsigned short)random_below(s, count_of(s, SLOT_ISSUER));
	switch (random_below(s, 4)) {
	case 0:
		c.value[SLOT_CN] = (unsigned short)random_below(s, base_of(s, SLOT_CN));
		take_pair(s, &c, c.value[SLOT_CN]);
		break;
	case 1:
		c.value[SLOT_CN] = applid_name(s, &c);
		break;
	case 2:
		c.value[SLOT_DNS] = (unsigned short)random_below(s, base_of(s, SLOT_DNS));
		take_pair(s, &c, c.value[SLOT_DNS]);
		break;
	default:
		c.value[SLOT_CN] = whole_name(s, &c);
	}
	return c;
}

static bool
grid(struct search *s)
{
	for (int i = 0; i < SEARCH_GRID; i++) {
		struct supposed c = guess(s);

		if (!search_try(s, &c))
			return false;
	}
	return true;
}

/* --- each value of each slot ------------------------------------------------------------------ */

/*
 * Slots are swept by their number of values, few first, because certificates with other names take most of the time: of
 * each step the most values.
 */
static const size_t steps[] = { 40, 300, VALUES_MAX };

#define STEPS (sizeof steps / sizeof *steps)

/* The connection with the fewest steps done, accepted ones first. NULL: all steps of all are done. */
static struct kept *
next_kept(struct search *s)
{
	struct kept *best = NULL;

	for (size_t i = 0; i < s->kept; i++) {
		struct kept *one = &s->keep[i];

		if (one->step < STEPS && (best == NULL || one->step < best->step || (one->step == best->step && one->accepted && !best->accepted)))
			best = one;
	}
	return best;
}

/*
 * Tries a value of a slot; then also with the CN that names the system, when the CN did so before. False: the search is
 * over.
 */
static bool
sweep_value(struct search *s, const struct supposed *from, enum slot slot, size_t v)
{
	struct supposed c = *from;
	bool follows = (slot == SLOT_NETWORKID || slot == SLOT_APPLID) && from->value[SLOT_CN] != 0 && from->value[SLOT_CN] == whole_name(s, from);

	c.value[slot] = (unsigned short)v;
	if (!search_try(s, &c))
		return false;
	if (follows)
		c.value[SLOT_CN] = whole_name(s, &c);
	return !follows || search_try(s, &c);
}

/* Tries each value of a slot. False: the search is over. */
static bool
sweep_slot(struct search *s, const struct supposed *from, enum slot slot)
{
	for (size_t v = 0; v < count_of(s, slot); v++)
		if (v != from->value[slot] && !sweep_value(s, from, slot, v))
			return false;
	return true;
}

/* From the last slot on: a new name of a certificate takes more time than all others. False: the search is over. */
static bool
sweep(struct search *s, const struct supposed *from, size_t step)
{
	for (int slot = SLOT_COUNT - 1; slot >= 0; slot--) {
		size_t n = count_of(s, (enum slot)slot);

		if (n <= steps[step] && (step == 0 || n > steps[step - 1]) && !sweep_slot(s, from, (enum slot)slot))
			return false;
	}
	return true;
}

static bool
sweep_all(struct search *s)
{
	struct kept *one;

	while ((one = next_kept(s)) != NULL) {
		struct supposed from = one->supposed;

		if (!sweep(s, &from, one->step++))
			return false;
	}
	return true;
}

/* --- random changes --------------------------------------------------------------------------- */

static struct supposed
change(struct search *s)
{
	const struct kept *from = s->kept > 0 ? &s->keep[random_below(s, s->kept)] : NULL;
	struct supposed c = from != NULL && random_below(s, 16) != 0 ? from->supposed : guess(s);
	size_t changes = 1 + random_below(s, 4);

	for (size_t i = 0; i < changes; i++) {
		enum slot slot = (enum slot)random_below(s, SLOT_COUNT);
		bool base = random_below(s, 2) == 0 && base_of(s, slot) > 0;

		c.value[slot] = (unsigned short)random_below(s, base ? base_of(s, slot) : count_of(s, slot));
	}
	if (random_below(s, 8) == 0)
		c.value[SLOT_CN] = whole_name(s, &c);
	return c;
}

static void
search_all(struct search *s)
{
	if (!grid(s))
		return;
	while (sweep_all(s))
		for (int i = 0; i < SEARCH_CHANGES; i++) {
			struct supposed c = change(s);

			if (!search_try(s, &c))
				return;
		}
}

/* --- the run ---------------------------------------------------------------------------------- */

/* Takes the literals of the scripts, the data files, the definition and the invariants. */
static int
gather(struct search *s)
{
	const struct generation *g = s->order->worker->generation;

	values_begin(&s->values, g->definition);
	for (const struct source *one = sources_first(g->sources); one != NULL; one = one->next)
		if (!one->library)
			values_take_lua(&s->values, one->bytes, one->len);
	for (const struct input *one = inputs_first(policy_inputs(g->policy)); one != NULL; one = one->next)
		if (one->data != NULL) {
			size_t len;
			const char *bytes = inputs_bytes(one, &len);

			values_take_data(&s->values, bytes, len);
		}
	authorities_take(g->ring, s->ground.minted, &s->values);
	invariants_literals(s->order->invariants, &s->values);
	if (g->definition->text != NULL)
		values_take_lua(&s->values, g->definition->text, g->definition->length);
	for (size_t i = 0; i < g->definition->nincludes; i++)
		values_take_lua(&s->values, g->definition->include[i].text, g->definition->include[i].length);
	return values_derive(&s->values);
}

static int
watch(struct search *s)
{
	const struct generation *g = s->order->worker->generation;
	struct fault f;

	for (const struct source *one = sources_first(g->sources); one != NULL; one = one->next)
		if (!one->library && script_cover_add(&s->cover, one, &f) < 0) {
			faults_add(s->faults, FAULT_ERROR, "coverage", one->path, 0, "%s", f.text);
			return -1;
		}
	policy_watch(g->policy, &s->cover);
	return 0;
}

static int
begin(struct search *s)
{
	struct fault f = { "out of memory" };

	s->ground = (struct ground){ .worker = s->order->worker, .values = &s->values, .minted = minted_new(&f) };
	s->open = invariants_count(s->order->invariants);
	s->settled = calloc(s->open + 1, sizeof *s->settled);
	if (s->ground.minted != NULL && s->settled != NULL && gather(s) == 0)
		return watch(s);
	faults_add(s->faults, FAULT_ERROR, "memory", NULL, 0, "%s", f.text);
	return -1;
}

int
search_run(const struct search_order *o, struct search_result *out, struct faults *faults)
{
	struct search *s = calloc(1, sizeof *s);
	double start = clock_span();
	size_t before = faults->errors;

	*out = (struct search_result){ .walks = 0 };
	if (s == NULL) {
		faults_add(faults, FAULT_ERROR, "memory", NULL, 0, "out of memory");
		return -1;
	}
	*s = (struct search){ .order = o, .result = out, .faults = faults, .random = o->seed, .start = start, .until = start + o->seconds };
	if (begin(s) == 0)
		search_all(s);
	policy_watch(o->worker->generation->policy, NULL);
	script_cover_free(&s->cover);
	minted_free(s->ground.minted);
	values_free(&s->values);
	free(s->settled);
	free(s);
	out->seconds = clock_span() - start;
	return faults->errors == before ? 0 : -1;
}
