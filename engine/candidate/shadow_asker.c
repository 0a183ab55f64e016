/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/shadow_asker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sum.h"
#include "base/thread.h"
#include "candidate/differences.h"
#include "policy/notes.h"
#include "policy/record_json.h"
#include "records/recorded_shadow.h"
#include "records/recorder.h"

#define LOWEST 19 /* of nice */

struct remembered { /* the notes of the candidate's doors about a connection */
	char connection[CONNECTION_SIZE]; /* "" none */
	struct notes *notes; /* counted; NULL: none */
};

struct queue {
	struct question *first, *last; /* owned list */
	size_t n, bytes;
};

struct outbox { /* differences on their way to the file of records */
	struct recorded *thing[SHADOW_ASKER_RECORDED]; /* owned */
	size_t n, bytes;
};

struct shadow_asker {
	struct shadow_asker_order order;
	struct thread *thread;
	char name[PATH_SIZE], words[VALUE_SIZE];
	struct record_mask mask; /* a copy: the recorder may be gone before the thread */
	/* of the thread alone */
	struct records *records;       /* owned: one record, of the question under way */
	struct remembered *remembered; /* owned; by the connection's id */
	bool noted;                    /* a door of the candidate has made a note */
	/* of the loop alone, which does not wait for the lock: questions to be handed over */
	struct queue kept;
	uint64_t dropped, recorded, refused; /* of differences: those that the recorder took, and did not take */
	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue queue;
	bool ending, abandoned; /* abandoned: nobody waits for the thread */
	/* under the lock of the results */
	pthread_mutex_t results;
	uint64_t asked, same, unmade; /* unmade: differences without memory or room in the outbox */
	struct outbox *out;              /* owned; NULL: there is no file of records */
	struct differences *differences; /* owned */
};

/* --- queues ----------------------------------------------------------------------------------- */

static void
add(struct queue *to, struct question *q)
{
	q->next = NULL;
	if (to->first != NULL)
		to->last->next = q;
	else
		to->first = q;
	to->last = q;
	to->n++;
	to->bytes += question_bytes(q);
}

/* NULL: it is empty. */
static struct question *
take(struct queue *from)
{
	struct question *q = from->first;

	if (q == NULL)
		return NULL;
	from->first = q->next;
	from->n--;
	from->bytes -= question_bytes(q);
	return q;
}

static void
empty(struct queue *q)
{
	for (struct question *one; (one = take(q)) != NULL;)
		question_free(one);
}

/* --- the notes of a connection ---------------------------------------------------------------- */

static struct remembered *
place_of(struct shadow_asker *s, const char *connection)
{
	return &s->remembered[sum_add(SUM_BEGIN, connection, strlen(connection)) % SHADOW_ASKER_CONNECTIONS];
}

/* The place of the question's connection. The door admit begins it anew. NULL: another connection has it now. */
static struct remembered *
recall(struct shadow_asker *s, const struct question *q)
{
	struct remembered *one = place_of(s, q->facts.connection);

	if (strcmp(one->connection, q->facts.connection) == 0)
		return one;
	if (q->door != DOOR_ADMIT)
		return NULL;
	notes_unref(one->notes);
	*one = (struct remembered){ .notes = NULL };
	snprintf(one->connection, sizeof one->connection, "%s", q->facts.connection);
	return one;
}

static void
forget_all(struct shadow_asker *s)
{
	for (size_t i = 0; s->remembered != NULL && i < SHADOW_ASKER_CONNECTIONS; i++)
		notes_unref(s->remembered[i].notes);
	free(s->remembered);
}

/* --- one question ----------------------------------------------------------------------------- */

static void
shadow_asker_answered(struct ask *a)
{
	(void)a;
}

static const struct service *
service_of(const struct shadow_asker *s, const struct question *q)
{
	const struct generation *g = s->order.candidate;

	return q->facts.way == WAY_OUT ? generation_outbound(g, q->dialled) : generation_service(g, q->facts.tcpipservice);
}

/* Asks the candidate. a->verdict has the answer; its checks are in the record. */
static void
ask(struct shadow_asker *s, struct question *q, struct remembered *known, struct ask *a)
{
	struct facts *f = &q->facts;
	struct record *record = record_open(s->records, f->connection, f->now);
	const char *script = service_of(s, q)->script[q->door];

	if (s->out != NULL)
		record_facts(record, f); /* for the mask */
	f->notes = known != NULL ? known->notes : NULL;
	f->generation = s->order.candidate->number;
	q->tape.closed = q->tape.overlaid = true;
	*a = (struct ask){ .policy = s->order.candidate->policy, .script = script, .door = q->door, .facts = f,
		.record = record, .entry = record_entry_add(record, q->door, script, f->now), .tape = &q->tape, .replay = true, .silent = true,
		.notes = notes_made_at(q->door) ? &f->notes : NULL, .done = shadow_asker_answered };
	policy_ask(a);
	if (known != NULL) {
		known->notes = f->notes;
		s->noted = s->noted || f->notes != NULL;
	} else {
		notes_unref(f->notes);
	}
	f->notes = NULL;
}

/* The checks of the question; a new array. */
static json_t *
checks_of(const struct record *r)
{
	json_t *account = r != NULL ? record_json(r) : NULL;
	json_t *checks = json_object_get(json_array_get(json_object_get(account, "doors"), 0), "checks");
	json_t *requested = json_object_get(json_array_get(json_object_get(account, "requests"), 0), "checks");

	checks = json_incref(checks != NULL ? checks : requested);
	json_decref(account);
	return checks;
}

/* Why the candidate's verdict says nothing; NULL: it counts. */
static const char *
unknown(const struct shadow_asker *s, const struct question *q, const struct remembered *known)
{
	if (q->incomplete)
		return "an answer that had no room";
	if (known == NULL && s->noted)
		return "facts.notes";
	return q->tape.lacking[0] != '\0' ? q->tape.lacking : NULL;
}

static void
say(const struct shadow_asker *s, const struct difference *d)
{
	const struct verdict *was = &d->question->verdict, *is = d->verdict;
	char at[PLACE_SIZE + 16] = "";

	if (is->file[0] != '\0')
		snprintf(at, sizeof at, is->line > 0 ? "%s:%d" : "%s", is->file, is->line);
	log_say(s->order.log, MSG_SP0102, "connection", d->question->facts.connection, "door", door_name(d->question->door), "class", differences_class(d->class),
		"before", was->kind == VERDICT_REFUSE ? was->code : verdict_name(was->kind), "after",
		is->kind == VERDICT_REFUSE ? is->code : verdict_name(is->kind), "policy", d->script, "at", at, "why", d->why, NULL);
}

/* The difference as a thing for the file of records. NULL: there is no file, or no memory. */
static struct recorded *
describe(const struct shadow_asker *s, const struct difference *d, const struct ask *a)
{
	const struct question *q = d->question;
	struct recorded_shadow one = { .id = q->filed, .time = q->facts.now, .candidate = s->name, .class = differences_class(d->class), .record = a->record,
		.after = a->entry };
	struct record_entry *before = NULL;
	struct recorded *made;

	if (s->out == NULL || q->filed == 0)
		return NULL;
	record_why(a->entry, d->why);
	before = record_entry_new(door_name(q->door), q->script[0] != '\0' ? q->script : NULL, 0, q->facts.now);
	record_verdict(before, &q->verdict, 0);
	one.before = before;
	made = recorded_shadow_make(&one, &s->mask);
	record_entry_free(before);
	return made;
}

/* Under the lock of the results: puts the thing into the outbox, which may be NULL like the thing. */
static void
post(struct shadow_asker *s, struct recorded *e)
{
	struct outbox *o = s->out;

	if (o == NULL)
		return;
	if (e == NULL || o->n == SHADOW_ASKER_RECORDED || o->bytes + e->len > SHADOW_ASKER_RECORDED_BYTES) {
		s->unmade++;
		recorded_free(e);
		return;
	}
	o->thing[o->n++] = e;
	o->bytes += e->len;
}

/* Calls a callback of the owner, unless the owner is gone. */
static void
tell(struct shadow_asker *s, void (*callback)(void *arg))
{
	pthread_mutex_lock(&s->lock);
	if (!s->abandoned)
		callback(s->order.arg);
	pthread_mutex_unlock(&s->lock);
}

/* Counts the answer. Only the first difference of a door and its codes is logged. */
static void
judge(struct shadow_asker *s, const struct question *q, const struct ask *a, const char *lack)
{
	struct difference d = { .question = q, .verdict = &a->verdict, .script = a->script, .class = REPLAY_UNKNOWN, .why = lack };
	bool differs = lack != NULL || differences_compare(&q->verdict, &a->verdict, &d.class, &d.why), first = false;
	json_t *checks = differs ? checks_of(a->record) : NULL;
	struct recorded *recorded = differs ? describe(s, &d, a) : NULL;

	pthread_mutex_lock(&s->results);
	s->asked++;
	s->same += !differs;
	if (differs) {
		first = differences_put(s->differences, &d, checks);
		post(s, recorded);
	}
	pthread_mutex_unlock(&s->results);
	if (recorded != NULL)
		tell(s, s->order.differs);
	if (first)
		say(s, &d);
}

static void
answer(struct shadow_asker *s, struct question *q)
{
	struct remembered *known = recall(s, q);
	struct ask a;

	ask(s, q, known, &a);
	judge(s, q, &a, unknown(s, q, known));
	record_end(a.record, q->facts.now);
	record_leave(a.record);
	question_free(q);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* The next question; NULL: the thread ends. */
static struct question *
next(struct shadow_asker *s)
{
	struct question *q = NULL;

	pthread_mutex_lock(&s->lock);
	while (!s->ending && s->queue.first == NULL)
		pthread_cond_wait(&s->wake, &s->lock);
	if (!s->ending)
		q = take(&s->queue);
	pthread_mutex_unlock(&s->lock);
	return q;
}

static void
shadow_asker_run(void *arg)
{
	struct shadow_asker *s = arg;
	struct question *q;

	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), LOWEST); /* of the thread; a refusal leaves its share of the CPU */
	while ((q = next(s)) != NULL)
		answer(s, q);
	tell(s, s->order.over);
}

static void
free_parts(struct shadow_asker *s)
{
	empty(&s->kept);
	empty(&s->queue);
	forget_all(s);
	records_free(s->records);
	differences_free(s->differences);
	free(s->out);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->results);
	free(s);
}

/* Copies the strings, which the thread may use longer than the owner. False: no memory. */
static bool
furnish(struct shadow_asker *s)
{
	snprintf(s->name, sizeof s->name, "%s", s->order.name);
	s->order.name = s->name;
	if (s->order.recorder == NULL)
		return true;
	s->mask = *recorder_mask(s->order.recorder);
	snprintf(s->words, sizeof s->words, "%s", s->mask.words);
	s->mask.words = s->words;
	return (s->out = calloc(1, sizeof *s->out)) != NULL;
}

struct shadow_asker *
shadow_asker_start(const struct shadow_asker_order *o, struct fault *f)
{
	struct shadow_asker *s = calloc(1, sizeof *s);

	fault_set(f, "no memory or no thread for a shadow");
	if (s == NULL)
		return NULL;
	*s = (struct shadow_asker){ .order = *o, .records = records_new(1),
		.remembered = calloc(SHADOW_ASKER_CONNECTIONS, sizeof *s->remembered), .differences = differences_new() };
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->results, NULL);
	pthread_cond_init(&s->wake, NULL);
	if (furnish(s) && s->records != NULL && s->remembered != NULL && s->differences != NULL && thread_start(&s->thread, shadow_asker_run, s) == 0)
		return s;
	free_parts(s);
	return NULL;
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Under the lock: moves the questions that the loop has kept to the queue. */
static void
hand_over(struct shadow_asker *s)
{
	while (s->kept.first != NULL && s->queue.n < SHADOW_ASKER_QUEUE && s->queue.bytes < SHADOW_ASKER_BYTES)
		add(&s->queue, take(&s->kept));
	pthread_cond_signal(&s->wake);
}

/* Hands the questions over that the loop has kept. False: not all. */
static bool
push(struct shadow_asker *s)
{
	if (s->kept.first == NULL)
		return true;
	if (pthread_mutex_trylock(&s->lock) != 0)
		return false;
	hand_over(s);
	pthread_mutex_unlock(&s->lock);
	return s->kept.first == NULL;
}

bool
shadow_asker_put(struct shadow_asker *s, struct question *q)
{
	if (q != NULL && s->kept.n < SHADOW_ASKER_KEPT) {
		add(&s->kept, q);
	} else {
		s->dropped++;
		question_free(q);
	}
	return push(s);
}

void
shadow_asker_end(struct shadow_asker *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

/* Hands the things of an outbox over, and empties it. */
static void
hand(struct shadow_asker *s, struct outbox *from)
{
	for (size_t i = 0; i < from->n; i++) {
		if (recorder_offer(s->order.recorder, from->thing[i]))
			s->recorded++;
		else
			s->refused++;
	}
	from->n = from->bytes = 0;
}

/* Takes the differences that the thread has found. */
static bool
pull(struct shadow_asker *s)
{
	if (s->out == NULL)
		return true;
	if (pthread_mutex_trylock(&s->results) != 0)
		return false;
	hand(s, s->out);
	pthread_mutex_unlock(&s->results);
	return true;
}

bool
shadow_asker_hand(struct shadow_asker *s)
{
	bool pushed = push(s), pulled = pull(s);

	return pushed && pulled;
}

bool
shadow_asker_free(struct shadow_asker *s, double seconds)
{
	if (!thread_ended(s->thread, seconds)) {
		pthread_mutex_lock(&s->lock);
		s->abandoned = true;
		pthread_mutex_unlock(&s->lock);
		return false;
	}
	if (s->out != NULL)
		hand(s, s->out);
	free_parts(s);
	return true;
}

void
shadow_asker_show(struct shadow_asker *s, json_t *row)
{
	size_t waiting;

	pthread_mutex_lock(&s->lock);
	hand_over(s);
	waiting = s->queue.n + s->kept.n;
	pthread_mutex_unlock(&s->lock);
	json_object_set_new(row, "dropped", json_integer((json_int_t)s->dropped));
	json_object_set_new(row, "waiting", json_integer((json_int_t)waiting));
	pthread_mutex_lock(&s->results);
	json_object_set_new(row, "asked", json_integer((json_int_t)s->asked));
	json_object_set_new(row, "same", json_integer((json_int_t)s->same));
	json_object_set_new(row, "recorded", json_integer((json_int_t)s->recorded));
	json_object_set_new(row, "unrecorded", json_integer((json_int_t)(s->refused + s->unmade)));
	differences_show(s->differences, row);
	pthread_mutex_unlock(&s->results);
}
