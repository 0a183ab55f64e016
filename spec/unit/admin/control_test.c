/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/control.h"
#include "client/control_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "net/loop.h"
#include "net/timer.h"

/* Runs the control socket in a thread until `stop` is set. */
struct place {
	char dir[64], path[160];
	struct ev_loop *loop;
	struct control *control;
	struct timer tick;
	pthread_t thread;
	atomic_bool stop;
	atomic_size_t made, ended; /* rows that were made, and streams that have ended */
	unsigned uid;
	int pid;
};

/* A source of rows, one a step; the command has their number. */
struct tap {
	struct place *place;
	size_t left;
};

static bool
tap_more(void *arg, json_t *rows)
{
	struct tap *t = arg;

	if (t->left == 0)
		return false;
	json_array_append_new(rows, json_pack("{s:s}", "row", "of some length, so that ten million are many"));
	t->place->made++;
	return --t->left > 0;
}

static json_t *
tap_none(void *arg)
{
	(void)arg;
	return json_pack("{s:i, s:s}", "status", 1, "error", "not one");
}

static void
tap_end(void *arg)
{
	struct tap *t = arg;

	t->place->ended++;
	free(t);
}

static json_t *
stream(struct place *p, size_t n, struct control_conn *client)
{
	struct tap *t = calloc(1, sizeof *t);

	*t = (struct tap){ p, n };
	control_stream(client, &(struct control_source){ .more = tap_more, .none = tap_none, .end = tap_end, .arg = t });
	return NULL;
}

static json_t *
answer(void *arg, const json_t *request, const struct control_peer *peer, struct control_conn *client)
{
	struct place *p = arg;
	const char *command = json_string_value(json_object_get(request, "command"));

	if (command != NULL && strncmp(command, "stream ", 7) == 0)
		return stream(p, strtoul(command + 7, NULL, 10), client);
	p->uid = peer->uid;
	p->pid = peer->pid;
	if (command != NULL && strcmp(command, "big") == 0) {
		json_t *rows = json_array();

		for (int i = 0; i < 200000; i++)
			json_array_append_new(rows, json_string("a row of some length"));
		return json_pack("{s:i, s:o}", "status", 0, "rows", rows);
	}
	if (command != NULL && strcmp(command, "nothing") == 0)
		return NULL;
	return json_pack("{s:i, s:[O]}", "status", 0, "rows", request);
}

static void
tick(void *arg)
{
	struct place *p = arg;

	if (p->stop)
		loop_break(p->loop);
	else
		timer_set(&p->tick, 0.02);
}

static void *
run(void *arg)
{
	struct place *p = arg;

	timer_init(&p->tick, p->loop, tick, p);
	timer_set(&p->tick, 0.02);
	loop_run(p->loop);
	timer_stop(&p->tick);
	return NULL;
}

static void
serve(struct place *p)
{
	struct fault f = { "" };

	p->control = control_open(p->loop, p->path, answer, p, &f);
	assert_string_equal(f.text, "");
	assert_non_null(p->control);
	assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
}

static void
end(struct place *p)
{
	p->stop = true;
	pthread_join(p->thread, NULL);
	control_close(p->control);
	p->control = NULL;
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	snprintf(p->dir, sizeof p->dir, "/tmp/control_test.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/run/region.sock", p->dir);
	p->loop = loop_new();
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	loop_free(p->loop);
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static int
dial(const struct place *p)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%.107s", p->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof un), 0);
	return fd;
}

/* Reads until the other end closes, at most `size` bytes. */
static void
read_to_end(int fd, char *out, size_t size)
{
	struct timeval patience = { .tv_sec = 15 };
	size_t got = 0;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	while (got < size - 1 && (n = read(fd, out + got, size - 1 - got)) > 0)
		got += (size_t)n;
	out[got] = '\0';
	close(fd);
}

static void
a_request_is_answered_and_its_sender_known(void **state)
{
	struct place *p = *state;
	json_t *request = json_pack("{s:s, s:[s]}", "command", "inquire", "args", "region"), *got;
	struct stat st;
	struct fault f = { "" };
	int pid = -1;

	serve(p);
	got = control_client_call_process(p->path, request, 10, &pid, &f);
	assert_string_equal(f.text, "");
	assert_int_equal(pid, getpid());
	assert_true(json_equal(json_array_get(json_object_get(got, "rows"), 0), request));
	assert_int_equal(p->uid, geteuid());
	assert_int_equal(p->pid, getpid());
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(p->path, sizeof p->path, "%s/run", p->dir);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	json_decref(request);
	json_decref(got);
	end(p);
}

static void
a_long_answer_comes_whole(void **state)
{
	struct place *p = *state;
	json_t *request = json_pack("{s:s}", "command", "big"), *got;

	serve(p);
	got = control_client_call(p->path, request, 10, NULL);
	assert_int_equal(json_array_size(json_object_get(got, "rows")), 200000);
	json_decref(request);
	json_decref(got);
	end(p);
}

static void
until(const char *what, const atomic_size_t *n, size_t at_least)
{
	for (int i = 0; i < 2000 && *n < at_least; i++)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	if (*n < at_least)
		fail_msg("%s: %zu of %zu in 10 s", what, (size_t)*n, at_least);
}

static void
assert_streamed(struct place *p, size_t n)
{
	char command[40];
	json_t *request, *got;

	snprintf(command, sizeof command, "stream %zu", n);
	request = json_pack("{s:s}", "command", command);
	got = control_client_call(p->path, request, 10, NULL);
	assert_int_equal(json_array_size(json_object_get(got, "rows")), n);
	assert_int_equal(json_integer_value(json_object_get(got, "status")), n == 0);
	if (n == 0)
		assert_string_equal(json_string_value(json_object_get(got, "error")), "not one");
	json_decref(request);
	json_decref(got);
}

static void
rows_made_in_slices_are_one_answer(void **state)
{
	struct place *p = *state;

	serve(p);
	assert_streamed(p, 0);
	assert_streamed(p, 1);
	assert_streamed(p, 100000);
	until("answers that ended", &p->ended, 3);
	end(p);
	assert_int_equal(p->ended, 3);
}

/* Sixteen clients ask for ten million rows and do not read: few rows are made, and then no step runs any more. */
static void
a_client_that_does_not_read_is_not_made_an_answer(void **state)
{
	struct place *p = *state;
	static const char request[] = "{\"command\":\"stream 10000000\"}\n";
	int fd[16];
	size_t made;

	serve(p);
	for (int i = 0; i < 16; i++) {
		fd[i] = dial(p);
		assert_int_equal(write(fd[i], request, sizeof request - 1), sizeof request - 1);
	}
	until("rows for each", &p->made, 16 * 1000);
	do {
		made = p->made;
		nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	} while (p->made != made);
	assert_true(made < 16 * 100000);
	assert_int_equal(p->ended, 0);
	for (int i = 0; i < 8; i++)
		close(fd[i]);
	until("answers that ended with their clients", &p->ended, 8);
	end(p);
	assert_int_equal(p->ended, 16);
	for (int i = 8; i < 16; i++)
		close(fd[i]);
}

static void
what_is_no_request_is_refused_in_words(void **state)
{
	static const struct {
		const char *bytes, *error;
	} row[] = {
		{ "nonsense\n", "one JSON object" },
		{ "[1]\n", "one JSON object" },
		{ "{\"command\":\"a\",\"command\":\"b\"}\n", "one JSON object" },
		{ "{\"command\":\"nothing\"}\n", "no memory" },
	};
	struct place *p = *state;
	static const char head[] = "{\"filler\":\"", tail[] = "\"}\n";
	char got[1024], *big = malloc(70000);
	int fd;

	serve(p);
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		fd = dial(p);
		assert_int_equal(write(fd, row[i].bytes, strlen(row[i].bytes)), strlen(row[i].bytes));
		read_to_end(fd, got, sizeof got);
		assert_non_null(strstr(got, "\"status\":1"));
		assert_non_null(strstr(got, row[i].error));
	}
	memset(big, 'x', 70000);
	fd = dial(p);
	assert_int_equal(write(fd, big, 70000), 70000);
	read_to_end(fd, got, sizeof got);
	assert_non_null(strstr(got, "at most 65536 bytes"));
	memcpy(big, head, sizeof head - 1);
	memcpy(big + 9000 - sizeof tail + 1, tail, sizeof tail - 1);
	fd = dial(p);
	assert_int_equal(write(fd, big, 9000), 9000);
	read_to_end(fd, got, sizeof got);
	assert_non_null(strstr(got, "at most 8192 bytes"));
	free(big);
	end(p);
}

static void
a_request_ended_by_half_closing_is_answered(void **state)
{
	struct place *p = *state;
	char got[1024];
	int fd;

	serve(p);
	fd = dial(p);
	assert_int_equal(write(fd, "{\"command\":\"x\"}", 15), 15);
	shutdown(fd, SHUT_WR);
	read_to_end(fd, got, sizeof got);
	assert_string_equal(got, "{\"status\":0,\"rows\":[{\"command\":\"x\"}]}\n");
	end(p);
}

static void
the_seventeenth_is_turned_away_and_a_place_is_free_again_after_a_close(void **state)
{
	struct place *p = *state;
	json_t *request = json_pack("{s:s}", "command", "x"), *got;
	int fd[16], status = 1;

	serve(p);
	for (int i = 0; i < 16; i++) /* accepts are in order: each client is accepted before the next */
		fd[i] = dial(p);
	got = control_client_call(p->path, request, 10, NULL);
	assert_string_equal(json_string_value(json_object_get(got, "error")), "too many operators at once; try again");
	json_decref(got);
	for (int i = 0; i < 16; i++)
		close(fd[i]);
	for (int i = 0; i < 1000 && status != 0; i++) { /* the region sees the sixteen ends one after the other */
		got = control_client_call(p->path, request, 10, NULL);
		status = (int)json_integer_value(json_object_get(got, "status"));
		json_decref(got);
	}
	assert_int_equal(status, 0);
	json_decref(request);
	end(p);
}

static void
who_says_nothing_is_dropped_after_ten_seconds(void **state)
{
	struct place *p = *state;
	struct timespec before, after;
	char got[16];
	int fd;

	serve(p);
	fd = dial(p);
	clock_gettime(CLOCK_MONOTONIC, &before);
	read_to_end(fd, got, sizeof got);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_string_equal(got, "");
	assert_in_range(after.tv_sec - before.tv_sec, 9, 12);
	end(p);
}

static void
a_living_socket_is_a_fault_and_a_dead_one_is_replaced(void **state)
{
	struct place *p = *state;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct fault f;
	int dead;

	serve(p);
	assert_null(control_open(p->loop, p->path, answer, p, &f));
	assert_non_null(strstr(f.text, "another region answers there"));
	end(p);
	assert_int_equal(access(p->path, F_OK), -1); /* control_close unlinks it */
	dead = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(un.sun_path, sizeof un.sun_path, "%.107s", p->path);
	assert_int_equal(bind(dead, (struct sockaddr *)&un, sizeof un), 0);
	close(dead);
	p->stop = false;
	serve(p);
	end(p);
}

static void
a_place_that_is_not_safe_is_a_fault(void **state)
{
	struct place *p = *state;
	struct fault f;
	FILE *file;

	snprintf(p->path, sizeof p->path, "%s/region.sock", p->dir);
	file = fopen(p->path, "w");
	fclose(file);
	assert_null(control_open(p->loop, p->path, answer, p, &f));
	assert_non_null(strstr(f.text, "not a socket"));
	assert_int_equal(access(p->path, F_OK), 0);
	chmod(p->dir, 0777);
	assert_null(control_open(p->loop, p->path, answer, p, &f));
	assert_non_null(strstr(f.text, "chmod 700"));
	chmod(p->dir, 0700);
	memset(p->path + strlen(p->path), 'x', 100);
	p->path[strlen(p->dir) + 1 + 91] = '\0';
	assert_null(control_open(p->loop, p->path, answer, p, &f));
	assert_non_null(strstr(f.text, "has 91 bytes, 1 to 90 are possible"));
	p->path[strlen(p->dir) + 1 + 90] = '\0';
	p->control = control_open(p->loop, p->path, answer, p, &f);
	assert_non_null(p->control);
	control_close(p->control);
}

static void
without_a_region_the_caller_is_told_so(void **state)
{
	struct place *p = *state;
	json_t *request = json_object();
	struct fault f;

	assert_null(control_client_call(p->path, request, 10, &f));
	assert_non_null(strstr(f.text, "no region answers at /tmp/control_test."));
	json_decref(request);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_is_answered_and_its_sender_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_answer_comes_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_made_in_slices_are_one_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_client_that_does_not_read_is_not_made_an_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_request_is_refused_in_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_request_ended_by_half_closing_is_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_seventeenth_is_turned_away_and_a_place_is_free_again_after_a_close, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_says_nothing_is_dropped_after_ten_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_living_socket_is_a_fault_and_a_dead_one_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_place_that_is_not_safe_is_a_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_region_the_caller_is_told_so, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
