/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "net/threadpool.h"

/* A gate at which threads wait until the test opens it. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	int arrived; /* threads at the gate */
	bool open;
};

struct peers { /* the results of the jobs; done and drop are counted on the loop's thread only */
	struct gate gate;
	atomic_int worked;
	int done, dropped;
	pthread_t loop_thread;
	bool strayed; /* done or drop was called on another thread */
	struct threadpool *threadpool;
	struct threadpool_job *victim; /* cancelled by the first done */
};

struct job {
	struct threadpool_job threadpool; /* first */
	struct peers *peers;
	bool wait_at_gate;
};

static void
gate_pass(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->arrived++;
	pthread_cond_broadcast(&g->moved);
	while (!g->open)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void
gate_await(struct gate *g, int arrived)
{
	pthread_mutex_lock(&g->lock);
	while (g->arrived < arrived)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void
gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open = true;
	pthread_cond_broadcast(&g->moved);
	pthread_mutex_unlock(&g->lock);
}

static void
work(struct threadpool_job *c)
{
	struct job *j = (struct job *)c;

	if (j->wait_at_gate)
		gate_pass(&j->peers->gate);
	atomic_fetch_add(&j->peers->worked, 1);
}

static void
note_thread(struct peers *t)
{
	if (!pthread_equal(t->loop_thread, pthread_self()))
		t->strayed = true;
}

static void
done(struct threadpool_job *c)
{
	struct job *j = (struct job *)c;
	struct peers *t = j->peers;
	struct threadpool_job *victim = t->victim;

	note_thread(t);
	t->done++;
	t->victim = NULL;
	if (victim != NULL)
		threadpool_cancel(t->threadpool, victim);
	free(j);
}

static void
drop(struct threadpool_job *c)
{
	struct job *j = (struct job *)c;

	note_thread(j->peers);
	j->peers->dropped++;
	free(j);
}

static struct job *
job_new(struct peers *t, bool wait_at_gate)
{
	struct job *j = calloc(1, sizeof *j);

	assert_non_null(j);
	j->threadpool = (struct threadpool_job){ .work = work, .done = done, .drop = drop };
	j->peers = t;
	j->wait_at_gate = wait_at_gate;
	return j;
}

static struct threadpool_job *
submit(struct peers *t, bool wait_at_gate)
{
	struct job *j = job_new(t, wait_at_gate);

	assert_int_equal(threadpool_submit(t->threadpool, &j->threadpool), 0);
	return &j->threadpool;
}

static struct peers
begin(struct ev_loop *loop, unsigned threads, size_t queue_max)
{
	struct peers t = { .loop_thread = pthread_self() };

	pthread_mutex_init(&t.gate.lock, NULL);
	pthread_cond_init(&t.gate.moved, NULL);
	t.threadpool = threadpool_new(loop, threads, queue_max);
	assert_non_null(t.threadpool);
	return t;
}

static struct ev_loop *
loop_new(void)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);

	assert_non_null(loop);
	return loop;
}

static void
answers_come_back_on_the_loop(void **state)
{
	struct ev_loop *loop = loop_new();
	struct peers t = begin(loop, 4, 1000);

	(void)state;
	for (int i = 0; i < 1000; i++)
		submit(&t, false);
	ev_run(loop, 0); /* ends when nothing is under way: the threadpool must not keep it */
	assert_int_equal(t.done, 1000);
	assert_int_equal(t.dropped, 0);
	assert_int_equal(atomic_load(&t.worked), 1000);
	assert_false(t.strayed);
	threadpool_free(t.threadpool);
	ev_loop_destroy(loop);
}

static void
a_loop_is_not_kept_by_an_idle_crew(void **state)
{
	struct ev_loop *loop = loop_new();
	struct peers t = begin(loop, 1, 1);

	(void)state;
	assert_false(ev_run(loop, 0));
	threadpool_free(t.threadpool);
	assert_false(ev_run(loop, 0));
	ev_loop_destroy(loop);
}

static void
a_full_queue_says_so(void **state)
{
	struct ev_loop *loop = loop_new();
	struct peers t = begin(loop, 2, 3);
	struct job *refused = job_new(&t, false);

	(void)state;
	submit(&t, true);
	submit(&t, true);
	gate_await(&t.gate, 2); /* both threads are busy: later jobs wait */
	for (int i = 0; i < 3; i++)
		submit(&t, false);
	assert_int_equal(threadpool_waiting(t.threadpool), 3);
	assert_int_equal(threadpool_submit(t.threadpool, &refused->threadpool), -1);
	free(refused);
	gate_open(&t.gate);
	ev_run(loop, 0);
	assert_int_equal(t.done, 5);
	assert_int_equal(threadpool_waiting(t.threadpool), 0);
	threadpool_free(t.threadpool);
	ev_loop_destroy(loop);
}

static void
a_waiting_job_is_dropped_when_cancelled(void **state)
{
	struct ev_loop *loop = loop_new();
	struct peers t = begin(loop, 1, 3);
	struct threadpool_job *middle, *last;

	(void)state;
	submit(&t, true);
	gate_await(&t.gate, 1);
	submit(&t, false);
	middle = submit(&t, false);
	last = submit(&t, false);
	threadpool_cancel(t.threadpool, middle);
	threadpool_cancel(t.threadpool, last);
	assert_int_equal(t.dropped, 2);
	assert_int_equal(threadpool_waiting(t.threadpool), 1);
	submit(&t, false); /* the end of the list is correct */
	gate_open(&t.gate);
	ev_run(loop, 0);
	assert_int_equal(t.done, 3);
	assert_int_equal(t.dropped, 2);
	assert_int_equal(atomic_load(&t.worked), 3);
	threadpool_free(t.threadpool);
	ev_loop_destroy(loop);
}

static void
a_job_being_worked_on_is_dropped_later_when_cancelled(void **state)
{
	struct ev_loop *loop = loop_new();
	struct peers t = begin(loop, 1, 3);
	struct threadpool_job *running = submit(&t, true);

	(void)state;
	gate_await(&t.gate, 1);
	threadpool_cancel(t.threadpool, running);
	assert_int_equal(t.dropped, 0);
	gate_open(&t.gate);
	ev_run(loop, 0);
	assert_int_equal(t.done, 0);
	assert_int_equal(t.dropped, 1);
	threadpool_free(t.threadpool);
	ev_loop_destroy(loop);
}

/* Both are finished before the loop runs: the first done() cancels the second job. */
static void
an_answer_may_cancel_the_next_answer(void **state)
{
	struct ev_loop *loop = loop_new();
	struct peers t = begin(loop, 1, 3);

	(void)state;
	submit(&t, false);
	t.victim = submit(&t, false);
	submit(&t, true);
	gate_await(&t.gate, 1); /* one thread: the two before it are finished */
	gate_open(&t.gate);
	ev_run(loop, 0);
	assert_int_equal(t.done, 2);
	assert_int_equal(t.dropped, 1);
	threadpool_free(t.threadpool);
	ev_loop_destroy(loop);
}

static void *
open_when_the_crew_ends(void *arg)
{
	struct peers *t = arg;

	gate_open(&t->gate);
	return NULL;
}

static void
ending_waits_for_the_running_and_drops_all(void **state)
{
	struct ev_loop *loop = loop_new();
	struct peers t = begin(loop, 1, 10);
	pthread_t opener;

	(void)state;
	submit(&t, false);
	submit(&t, true);
	gate_await(&t.gate, 1); /* one finished without its done(), one running */
	for (int i = 0; i < 5; i++)
		submit(&t, false);
	assert_int_equal(pthread_create(&opener, NULL, open_when_the_crew_ends, &t), 0);
	threadpool_free(t.threadpool);
	pthread_join(opener, NULL);
	assert_int_equal(t.done, 0);
	assert_int_equal(t.dropped, 7);
	assert_in_range(atomic_load(&t.worked), 2, 7);
	assert_false(t.strayed);
	assert_false(ev_run(loop, EVRUN_NOWAIT));
	ev_loop_destroy(loop);
}

/* Memory that a stuck thread keeps; the test keeps it until the process ends. */
static struct peers stuck;

static void
ending_waits_a_second_for_one_that_does_not_end(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	time_t before = time(NULL);

	(void)state;
	stuck = begin(loop, 1, 10);
	submit(&stuck, true);
	gate_await(&stuck.gate, 1);
	submit(&stuck, false);
	threadpool_free(stuck.threadpool);
	ev_loop_destroy(loop);
	assert_in_range(time(NULL) - before, 0, 5);
	assert_int_equal(stuck.done, 0);
	assert_int_equal(stuck.dropped, 1); /* the job that waited */
	gate_open(&stuck.gate); /* the thread does not use the loop when it ends */
	for (time_t end = time(NULL) + 10; atomic_load(&stuck.worked) == 0 && time(NULL) < end;)
		sched_yield();
	assert_int_equal(atomic_load(&stuck.worked), 1);
}

static void
freeing_nothing_is_fine(void **state)
{
	(void)state;
	threadpool_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_back_on_the_loop),
		cmocka_unit_test(a_loop_is_not_kept_by_an_idle_crew),
		cmocka_unit_test(a_full_queue_says_so),
		cmocka_unit_test(a_waiting_job_is_dropped_when_cancelled),
		cmocka_unit_test(a_job_being_worked_on_is_dropped_later_when_cancelled),
		cmocka_unit_test(an_answer_may_cancel_the_next_answer),
		cmocka_unit_test(ending_waits_for_the_running_and_drops_all),
		cmocka_unit_test(freeing_nothing_is_fine),
		cmocka_unit_test(ending_waits_a_second_for_one_that_does_not_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
