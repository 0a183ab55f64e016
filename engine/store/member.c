/* SPDX-License-Identifier: Apache-2.0 */
#include "store/member.h"

#include "base/clock.h"
#include "net/timer.h"
#include "store/store.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "sallyport:plex:"
#define MARGIN 0.9 /* of a lease is counted on */
#define PAUSES 10  /* of searches in a lease, at least: the store that is back must be found in time */
#define EPOCH_SIZE 24
#define WORDS_SIZE 192
#define LEFT_MAX 4 /* of the last sysplexes */

struct left { /* a sysplex that the region has left, and the incarnation that may have a session key there */
	char sysplex[NAME_SIZE], incarnation[TOKEN_SIZE];
};

struct member {
	struct ev_loop *loop; /* borrowed */
	struct store *store;  /* borrowed */
	struct member_owner owner;
	char sysplex[NAME_SIZE], key[sizeof PREFIX + NAME_SIZE], region[2 * NAME_SIZE + 1];
	double lease;
	char incarnation[TOKEN_SIZE], before[TOKEN_SIZE]; /* before: its session key is to be ended; "" none */
	struct left left[LEFT_MAX]; /* the last one first; the store may have missed the end of their session keys */
	char epoch[EPOCH_SIZE];   /* "": the incarnation has no session key yet */
	double until;             /* clock_boot() of the end of the lease; 0: none */
	double granted;           /* clock_boot() of the end of the lease when the renewal under way is answered */
	double newness;           /* seconds, at the last renewal */
	char why[STORE_WHY];      /* why the last renewal had no answer; "" it had one */
	struct store_call *asked; /* the renewal under way; NULL: none */
	struct timer beat;
	ev_check top;             /* at the top of each turn of the loop, while there is a sysplex */
	struct member_row row[MEMBER_ROWS]; /* of the last renewal, without the own one */
	size_t nrows;
	bool again;               /* another renewal follows the one under way */
};

static const char *const states[] = { [MEMBER_ACTIVE] = "ACTIVE", [MEMBER_DRAINING] = "DRAINING", [MEMBER_FENCED] = "FENCED", [MEMBER_LOST] = "LOST" };

const char *
member_state_name(enum member_state s)
{
	return states[s];
}

static void
tell(struct member *m, enum member_event e, const char *text)
{
	m->owner.event(m->owner.arg, e, text);
}

/* --- the fence -------------------------------------------------------------------------------- */

/* Begins another incarnation; without random bytes none, and no session key is made. */
static void
be_born(struct member *m)
{
	if (tls_token(m->incarnation) < 0)
		m->incarnation[0] = '\0';
	m->epoch[0] = '\0';
	m->until = 0;
}

static void
drop_renewal(struct member *m)
{
	if (m->asked != NULL)
		store_cancel(m->asked);
	m->asked = NULL;
	m->again = false;
}

/* The session key may be gone: all that belongs to it is no longer of this region. */
static void
lapse(struct member *m, const char *why)
{
	drop_renewal(m);
	memcpy(m->before, m->incarnation, sizeof m->before);
	be_born(m);
	tell(m, MEMBER_LAPSED, why);
	member_renew(m);
}

bool
member_holds(const struct member *m)
{
	return m->until > 0 && clock_boot() < m->until;
}

/* Before any descriptor of this turn: its priority is the highest. */
static void
member_at_top(struct ev_loop *loop, ev_check *watcher, int events)
{
	struct member *m = watcher->data;

	(void)loop;
	(void)events;
	if (m->until > 0 && !member_holds(m))
		lapse(m, m->why[0] != '\0' ? m->why : "its lease was not renewed in time");
}

/* --- the renewal ------------------------------------------------------------------------------ */

/* joining: the session key is on its way. */
static void
own_row(const struct member *m, struct member_row *row, bool joining)
{
	*row = (struct member_row){ .state = MEMBER_FENCED };
	memcpy(row->incarnation, m->incarnation, sizeof row->incarnation);
	memcpy(row->region, m->region, sizeof row->region);
	m->owner.report(m->owner.arg, row);
	if (row->state == MEMBER_ACTIVE && !joining && !member_holds(m))
		row->state = MEMBER_FENCED;
}

static bool
read_state(const char *word, enum member_state *out)
{
	for (*out = MEMBER_ACTIVE; *out <= MEMBER_LOST; ++*out)
		if (strcmp(states[*out], word) == 0)
			return true;
	return false;
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* "living INCARNATION REGION STATE VERSION CONNECTIONS CONFLICTS LIMIT". False: the text is no such row. */
static bool
read_row(const char *text, struct member_row *row)
{
	char life[8], state[12];

	*row = (struct member_row){ .region = "" };
	if (sscanf(text, "%7s %22s %17s %11s %47s %lu %lu %lu", life, row->incarnation, row->region, state, row->version, &row->connections, &row->conflicts,
		&row->limit) != 8)
		return false;
	if (!name_pair_ok(row->region) || !is_printable(row->version))
		return false;
	if (strcmp(life, "lost") == 0)
		row->state = MEMBER_LOST;
	else if (strcmp(life, "living") != 0 || !read_state(state, &row->state))
		return false;
	return true;
}

static const struct member_row *
find(const struct member_row *list, size_t n, const char *incarnation)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].incarnation, incarnation) == 0)
			return &list[i];
	return NULL;
}

/* The incarnation of that region that has its session key. NULL: there is none. */
static const struct member_row *
living(const struct member *m, const char *region)
{
	for (size_t i = 0; i < m->nrows; i++)
		if (m->row[i].state != MEMBER_LOST && strcmp(m->row[i].region, region) == 0)
			return &m->row[i];
	return NULL;
}

static void
tell_change(struct member *m, const struct member_row *was, const struct member_row *now)
{
	bool lived = was != NULL && was->state != MEMBER_LOST, lives_now = now->state != MEMBER_LOST;

	if (lives_now && !lived)
		tell(m, MEMBER_ARRIVED, now->region);
	else if (lived && !lives_now)
		tell(m, MEMBER_MISSED, now->region);
}

/* Takes the rows of the regions but the own one, and tells the changes. */
static void
take_rows(struct member *m, const struct store_reply *r)
{
	struct member_row *before = calloc(MEMBER_ROWS, sizeof *before);
	size_t nbefore = m->nrows, n = 0;

	if (before == NULL)
		return;
	memcpy(before, m->row, nbefore * sizeof *before);
	for (size_t i = 1; i < r->n && n < MEMBER_ROWS - 1; i++)
		if (r->item[i]->kind == STORE_TEXT && read_row(r->item[i]->text, &m->row[n]) && strcmp(m->row[n].incarnation, m->incarnation) != 0)
			n++;
	m->nrows = n;
	for (size_t i = 0; i < n; i++)
		tell_change(m, find(before, nbefore, m->row[i].incarnation), &m->row[i]);
	for (size_t i = 0; i < nbefore; i++)
		if (before[i].state != MEMBER_LOST && find(m->row, n, before[i].incarnation) == NULL && living(m, before[i].region) == NULL)
			tell(m, MEMBER_DEPARTED, before[i].region);
	free(before);
}

/* The rows behind those of the regions. */
static void
take_notes(struct member *m, const struct store_reply *r)
{
	for (size_t i = 1; i < r->n; i++)
		if (r->item[i]->kind == STORE_TEXT && strncmp(r->item[i]->text, "note ", 5) == 0)
			tell(m, MEMBER_TOLD, r->item[i]->text + 5);
}

static void
take_epoch(struct member *m, const char *epoch, double left)
{
	bool joined = m->epoch[0] == '\0', other = strcmp(m->epoch, epoch) != 0;

	m->newness = left;
	m->before[0] = '\0';
	m->until = m->granted;
	snprintf(m->epoch, sizeof m->epoch, "%s", epoch);
	if (joined)
		tell(m, MEMBER_JOINED, m->incarnation);
	else if (other)
		tell(m, MEMBER_RENEWED, "");
}

static void
member_renewed(void *arg, const struct store_reply *r, const char *why)
{
	struct member *m = arg;
	const char *head = r != NULL && r->kind == STORE_LIST && r->n > 0 && r->item[0]->kind == STORE_TEXT ? r->item[0]->text : "";
	char epoch[EPOCH_SIZE];
	double left;

	m->asked = NULL;
	snprintf(m->why, sizeof m->why, "%s", why != NULL ? why : "");
	if (strcmp(head, "gone") == 0 && m->epoch[0] != '\0') {
		lapse(m, "the store had ended its session key");
		return;
	}
	if (strncmp(head, "new ", 4) == 0)
		head += 4;
	if (sscanf(head, "epoch %23s %lf", epoch, &left) == 2) {
		take_epoch(m, epoch, left / 1e3);
		take_rows(m, r);
		take_notes(m, r);
	}
	if (m->again)
		member_renew(m);
}

static void
put_words(const struct member *m, char words[WORDS_SIZE])
{
	struct member_row own;

	own_row(m, &own, true);
	snprintf(words, WORDS_SIZE, "%s %s %s %lu %lu %lu", own.region, states[own.state], own.version[0] != '\0' ? own.version : "-", own.connections,
		own.conflicts, own.limit);
}

static void
renew(struct member *m, const char *run_id)
{
	struct store_question q = { .script = STORE_SCRIPT_MEMBER, .uncounted = true, .done = member_renewed, .arg = m };
	char lease[24], words[WORDS_SIZE];
	struct fault none;

	put_words(m, words);
	snprintf(lease, sizeof lease, "%.0f", m->lease * 1e3);
	store_word_text(&q.words, m->key);
	store_word_text(&q.words, m->incarnation);
	store_word_text(&q.words, lease);
	store_word_text(&q.words, run_id);
	store_word_text(&q.words, m->epoch);
	store_word_text(&q.words, m->before);
	store_word_text(&q.words, words);
	m->granted = clock_boot() + m->lease * MARGIN;
	m->asked = store_ask(m->store, &q, &none);
}

/* A lost connection must not leave the question in a queue: it is asked of a server that is known. */
static void
member_beat(void *arg)
{
	struct member *m = arg;
	struct store_view v = store_look(m->store);

	m->again = false;
	if (m->incarnation[0] == '\0')
		be_born(m);
	if (m->asked == NULL && v.server != NULL && m->incarnation[0] != '\0')
		renew(m, v.server->run_id);
	timer_set(&m->beat, m->lease / 3 < MEMBER_BEAT_SECONDS ? m->lease / 3 : MEMBER_BEAT_SECONDS);
}

void
member_renew(struct member *m)
{
	m->again = m->asked != NULL;
	if (m->asked == NULL && m->sysplex[0] != '\0')
		timer_set(&m->beat, 0);
}

void
member_found(struct member *m)
{
	member_renew(m);
}

/* --- its life --------------------------------------------------------------------------------- */

static void
member_ended(void *arg, const struct store_reply *r, const char *why)
{
	(void)arg;
	(void)r;
	(void)why;
}

/* Ends a session key; "" none. */
static void
end_key(struct member *m, const char *incarnation)
{
	struct store_question q = { .script = STORE_SCRIPT_MEMBER_END, .uncounted = true, .done = member_ended };
	struct fault none;

	if (incarnation[0] == '\0')
		return;
	store_word_text(&q.words, m->key);
	store_word_text(&q.words, incarnation);
	store_ask(m->store, &q, &none);
}

/* Until the present incarnation has joined, claims may belong to the former one. */
static void
note_left(struct member *m)
{
	memmove(m->left + 1, m->left, sizeof m->left - sizeof m->left[0]);
	memcpy(m->left[0].sysplex, m->sysplex, sizeof m->sysplex);
	memcpy(m->left[0].incarnation, m->before[0] != '\0' ? m->before : m->incarnation, sizeof m->left[0].incarnation);
}

/* Finds the former incarnation of the region in its sysplex, whose session key is to be ended. */
static void
find_left(struct member *m)
{
	m->before[0] = '\0';
	for (size_t i = LEFT_MAX; i > 0; i--)
		if (strcmp(m->left[i - 1].sysplex, m->sysplex) == 0)
			memcpy(m->before, m->left[i - 1].incarnation, sizeof m->before);
}

void
member_leave(struct member *m)
{
	timer_stop(&m->beat);
	drop_renewal(m);
	if (m->sysplex[0] == '\0')
		return;
	end_key(m, m->before);
	end_key(m, m->incarnation);
	note_left(m);
	m->sysplex[0] = '\0';
	m->until = m->newness = 0;
	m->nrows = 0;
	ev_ref(m->loop);
	ev_check_stop(m->loop, &m->top);
}

static void
join(struct member *m, const struct member_settings *s)
{
	snprintf(m->sysplex, sizeof m->sysplex, "%s", s->sysplex);
	snprintf(m->key, sizeof m->key, PREFIX "%s", s->sysplex);
	find_left(m);
	be_born(m);
	ev_check_start(m->loop, &m->top);
	ev_unref(m->loop); /* it does not keep the loop running */
}

void
member_use(struct member *m, const struct member_settings *s)
{
	bool held = member_holds(m);

	if (strcmp(m->sysplex, s->sysplex) != 0)
		member_leave(m);
	if (held && m->sysplex[0] == '\0' && s->sysplex[0] != '\0')
		tell(m, MEMBER_LAPSED, "the definition names another sysplex");
	m->lease = s->lease;
	store_pause_at_most(m->store, s->sysplex[0] != '\0' ? s->lease / PAUSES : 0);
	if (s->sysplex[0] == '\0')
		return;
	snprintf(m->region, sizeof m->region, "%s.%s", s->networkid, s->applid);
	if (m->sysplex[0] == '\0')
		join(m, s);
	member_renew(m);
}

struct member *
member_new(struct ev_loop *loop, struct store *store, const struct member_owner *owner)
{
	struct member *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->loop = loop;
	m->store = store;
	m->owner = *owner;
	timer_init(&m->beat, loop, member_beat, m);
	ev_check_init(&m->top, member_at_top);
	ev_set_priority(&m->top, EV_MAXPRI);
	m->top.data = m;
	return m;
}

void
member_free(struct member *m)
{
	if (m == NULL)
		return;
	member_leave(m);
	free(m);
}

/* --- its views -------------------------------------------------------------------------------- */

const char *
member_sysplex(const struct member *m)
{
	return m->sysplex;
}

const char *
member_key(const struct member *m)
{
	return m->key;
}

const char *
member_region(const struct member *m)
{
	return m->region;
}

const char *
member_why(const struct member *m)
{
	return m->why;
}

double
member_lease(const struct member *m)
{
	return m->lease;
}

const char *
member_incarnation(const struct member *m)
{
	return m->incarnation;
}

double
member_newness(const struct member *m)
{
	return m->newness;
}

/* A region with another incarnation is not lost. Of several lost incarnations of one region the last one counts. */
static bool
is_shown(const struct member *m, size_t n)
{
	if (m->row[n].state != MEMBER_LOST)
		return true;
	for (size_t i = n + 1; i < m->nrows; i++)
		if (strcmp(m->row[i].region, m->row[n].region) == 0)
			return false;
	return strcmp(m->row[n].region, m->region) != 0 && living(m, m->row[n].region) == NULL;
}

size_t
member_list(const struct member *m, struct member_row list[MEMBER_ROWS])
{
	size_t n = 0;

	if (m->sysplex[0] == '\0')
		return 0;
	own_row(m, &list[n++], false);
	for (size_t i = 0; i < m->nrows; i++)
		if (is_shown(m, i))
			list[n++] = m->row[i];
	return n;
}

bool
member_find(const struct member *m, const char *region, struct member_row *row)
{
	const struct member_row *found = living(m, region);

	if (strcmp(region, m->region) == 0) {
		own_row(m, row, false);
		return member_holds(m);
	}
	if (found != NULL)
		*row = *found;
	return found != NULL;
}
