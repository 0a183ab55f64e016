/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/log_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct place {
	char dir[64], file[96];
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	snprintf(p->dir, sizeof p->dir, "/tmp/log_test.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->file, sizeof p->file, "%s/log", p->dir);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	unlink(p->file);
	rmdir(p->dir);
	free(p);
	return 0;
}

/* Returns the content of the file; owned by the caller. */
static char *
slurp(const struct place *p)
{
	FILE *f = fopen(p->file, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	assert_non_null(f);
	n = getdelim(&text, &size, '\0', f);
	fclose(f);
	if (n < 0)
		text[0] = '\0';
	return text;
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what)) != NULL) {
		n++;
		text += strlen(what);
	}
	return n;
}

static void
a_line_carries_applid_id_severity_sentence_and_inserts(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_TEXT, NULL);
	char *text;

	log_applid(l, "CICSA");
	log_say(l, MSG_DFHIS2001, "ipconn", "APPL", "empty", "", "absent", NULL, "sockets", "2", NULL);
	log_close(l);
	text = slurp(*state);
	assert_non_null(strstr(text, " CICSA DFHIS2001 I Client session accepted for IPCONN. ipconn=APPL sockets=2\n"));
	assert_null(strstr(text, "empty"));
	free(text);
}

static void
strangers_bytes_cannot_forge_a_line_or_an_insert(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_TEXT, NULL);
	char *text;

	log_say(l, MSG_SP0021, "text", "a\n2026 DFHIS2001 \"x\\\xff\x1b[2J", "peer", "k=v", NULL);
	log_close(l);
	text = slurp(*state);
	assert_int_equal(count(text, "\n"), 1);
	assert_non_null(strstr(text, "text=\"a\\x0a2026 DFHIS2001 \\\"x\\\\\\xff\\x1b[2J\" peer=\"k=v\"\n"));
	free(text);
}

static void
the_json_form_is_json_and_reads_as_the_text_form(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_JSON, NULL);
	char *text;
	json_t *o;

	log_applid(l, "CICSA");
	log_say(l, MSG_SP0021, "text", "quote \" slash \\ byte \xc3 end", "code", "lan", NULL);
	log_close(l);
	text = slurp(*state);
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "region")), "CICSA");
	assert_string_equal(json_string_value(json_object_get(o, "id")), "SP0021");
	assert_string_equal(json_string_value(json_object_get(o, "severity")), "W");
	assert_string_equal(json_string_value(json_object_get(o, "message")), "Door refused.");
	assert_string_equal(json_string_value(json_object_get(o, "text")), "quote \" slash \\\\ byte \\xc3 end");
	assert_string_equal(json_string_value(json_object_get(o, "code")), "lan");
	json_decref(o);
	free(text);
}

static void
a_number_is_a_number_in_json_and_nothing_else_becomes_one(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_JSON, NULL);
	char *text;
	json_t *o;

	log_say(l, MSG_SP0009, "#a", "-12", "#b", "0.250", "#c", "0", "#d", "012", "#e", "1e5", "#f", "nan", "#g", "1.", "#h", "-", "#i", "7,\"x\":1",
		"j", "12", "applid", "NETX.A", "at", "dir/s.lua:12", NULL);
	log_say(l, MSG_SP0009, "applid", "ALONE", "at", "the engine itself", NULL);
	log_close(l);
	text = slurp(*state);
	*strchr(text, '\n') = '\0';
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "a")), -12);
	assert_true(json_real_value(json_object_get(o, "b")) == 0.25);
	assert_true(json_is_integer(json_object_get(o, "c")));
	for (const char *key = "d\0e\0f\0g\0h\0i\0j\0"; *key != '\0'; key += 2)
		assert_true(json_is_string(json_object_get(o, key)));
	assert_string_equal(json_string_value(json_object_get(o, "networkid")), "NETX");
	assert_string_equal(json_string_value(json_object_get(o, "applid")), "A");
	assert_string_equal(json_string_value(json_object_get(o, "file")), "dir/s.lua");
	assert_int_equal(json_integer_value(json_object_get(o, "line")), 12);
	assert_non_null(strstr(text + strlen(text) + 1, ",\"applid\":\"ALONE\",\"at\":\"the engine itself\""));
	json_decref(o);
	free(text);
}

static void
an_insert_that_does_not_fit_is_left_out_whole_and_told(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_JSON, NULL);
	char big[4096], *text;
	json_t *o;

	memset(big, 1, sizeof big - 1); /* each byte becomes five */
	big[sizeof big - 1] = '\0';
	log_say(l, MSG_SP0009, "one", big, "two", "small", NULL);
	log_close(l);
	text = slurp(*state);
	o = json_loads(text, 0, NULL);
	assert_non_null(o);
	assert_null(json_object_get(o, "one"));
	assert_string_equal(json_string_value(json_object_get(o, "two")), "small");
	assert_true(json_is_true(json_object_get(o, "cut")));
	json_decref(o);
	free(text);
}

static void
a_flood_of_one_refusal_is_summed_up_and_loses_no_count(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_TEXT, NULL);
	char *text;
	size_t printed, summed = 0;

	for (int i = 0; i < 5000; i++)
		log_refusal(l, MSG_SP0021, "admit", "lan", "10.0.0.0/24", "peer", "10.0.0.1:1", NULL);
	log_refusal(l, MSG_SP0021, "admit", "lan", "10.0.1.0/24", "peer", "10.0.1.1:1", NULL);
	log_close(l);
	text = slurp(*state);
	printed = count(text, "peer=10.0.0.1:1 door=admit code=lan\n");
	for (const char *p = text; (p = strstr(p, "prefix=10.0.0.0/24 count=")) != NULL; p++)
		summed += strtoul(p + strlen("prefix=10.0.0.0/24 count="), NULL, 10);
	assert_int_equal(printed + summed, 5000);
	assert_true(printed >= 1000 && printed < 5000);
	assert_int_equal(count(text, "peer=10.0.1.1:1"), 1);
	free(text);
}

/* Of all threads of the process. */
static long
count_waits(void)
{
	struct rusage used;

	assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
	return used.ru_nvcsw;
}

/* A line wakes the writer, and a thousand are printed in each second; the held refusals wake it once. */
static void
refusals_that_are_summed_up_do_not_wake_the_writer(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_TEXT, NULL);
	time_t start = time(NULL);
	long before = count_waits();

	for (int i = 0; i < 500000; i++)
		log_refusal(l, MSG_SP0021, "admit", "lan", "10.0.0.0/24", "peer", "10.0.0.1:1", NULL);
	assert_true(count_waits() - before < 2500 * (time(NULL) - start + 2));
	log_close(l);
}

static void
door_and_code_stand_where_the_caller_puts_them_and_once(void **state)
{
	struct log *l = log_open(((struct place *)*state)->file, LOG_TEXT, NULL);
	char *text;

	log_refusal(l, MSG_SP0021, "bind", "names", "p", "connection", "c1", "door", "bind", "policy", "partners", "code", "names", NULL);
	log_close(l);
	text = slurp(*state);
	assert_non_null(strstr(text, " connection=c1 door=bind policy=partners code=names\n"));
	free(text);
}

struct reader {
	int fd;
	char *text;
	size_t len;
};

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	ssize_t n;

	r->text = malloc(64 * 1024 * 1024);
	while ((n = read(r->fd, r->text + r->len, 65536)) > 0)
		r->len += (size_t)n;
	r->text[r->len] = '\0';
	return NULL;
}

/* The reader starts only after 40000 lines were logged. */
static void
a_stalled_reader_blocks_nobody_and_lost_lines_are_owned_up_to(void **state)
{
	struct place *p = *state;
	struct reader r = { .len = 0 };
	pthread_t thread;
	struct log *l;
	size_t said, lost;
	char *at;

	assert_int_equal(mkfifo(p->file, 0600), 0);
	r.fd = open(p->file, O_RDONLY | O_NONBLOCK);
	assert_true(r.fd >= 0);
	l = log_open(p->file, LOG_TEXT, NULL);
	assert_non_null(l);
	fcntl(r.fd, F_SETFL, 0);
	for (int i = 0; i < 40000; i++)
		log_say(l, MSG_SP0030, "why", "flood", NULL);
	assert_int_equal(pthread_create(&thread, NULL, read_all, &r), 0);
	log_close(l);
	pthread_join(thread, NULL);
	close(r.fd);
	said = count(r.text, "why=flood");
	at = strstr(r.text, "SP0040 W Messages lost: the queue was full. count=");
	assert_non_null(at);
	lost = strtoul(strchr(at, '=') + 1, NULL, 10);
	assert_int_equal(said + lost, 40000);
	assert_true(said >= 16384);
	free(r.text);
}

/* Nothing reads the socket while 40000 lines are logged. */
static void
a_full_socket_blocks_nobody_and_lost_lines_are_owned_up_to(void **state)
{
	struct place *p = *state;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char target[sizeof p->file + 16], entry[32768];
	size_t said = 0, lost = 0;
	int reader = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct log *l;

	snprintf(at.sun_path, sizeof at.sun_path, "%.100s", p->file);
	assert_int_equal(bind(reader, (struct sockaddr *)&at, sizeof at), 0);
	snprintf(target, sizeof target, "journal:%s", p->file);
	l = log_open(target, LOG_TEXT, NULL);
	assert_non_null(l);
	for (int i = 0; i < 40000; i++)
		log_say(l, MSG_SP0030, "why", "flood", NULL);
	while (said + lost < 40000) {
		ssize_t n = recv(reader, entry, sizeof entry - 1, 0);

		assert_true(n > 0);
		entry[n] = '\0';
		said += strstr(entry, "SALLYPORT_WHY=flood\n") != NULL;
		if (strstr(entry, "SALLYPORT_ID=SP0040\n") != NULL)
			lost += strtoul(strstr(entry, "SALLYPORT_COUNT=") + 16, NULL, 10);
	}
	assert_int_equal(said + lost, 40000);
	assert_true(said >= 16384);
	log_close(l);
	close(reader);
}

static void
an_insert_that_does_not_fit_is_left_out_of_the_entry_too(void **state)
{
	struct log_line line;
	char value[2000];

	(void)state;
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	log_line_begin(&line, (struct log_form){ .format = LOG_TEXT, .frame = LOG_FRAME_JOURNAL }, "CICSA", MSG_SP0021);
	for (int i = 0; i < 6; i++)
		log_line_insert(&line, i == 5 ? "last" : "text", value);
	log_line_end(&line);
	line.text[line.n] = '\0';
	assert_null(strstr(line.text, "last=v"));
	assert_null(strstr(line.text, "SALLYPORT_LAST="));
	assert_non_null(strstr(line.text, " cut=yes\n"));
	assert_non_null(strstr(line.text, "\nSALLYPORT_CUT=yes\n\n"));
}

static void
a_full_disk_ends_nothing(void **state)
{
	struct log *l = log_open("/dev/full", LOG_TEXT, NULL);

	(void)state;
	if (l == NULL)
		skip();
	for (int i = 0; i < 20000; i++)
		log_say(l, MSG_SP0030, "why", "nowhere to go", NULL);
	log_close(l); /* returns although the reader stalls */
}

static void
a_log_that_cannot_be_opened_says_which_and_why(void **state)
{
	struct fault f;

	(void)state;
	assert_null(log_open("/nonexistent/dir/log", LOG_TEXT, &f));
	assert_string_equal(f.text, "log file /nonexistent/dir/log: No such file or directory");
	log_say(NULL, MSG_SP0001, NULL);
	log_close(NULL);
}

static void
a_log_file_is_for_its_owner_and_is_added_to(void **state)
{
	struct place *p = *state;
	struct stat st;
	char *text;

	for (int i = 0; i < 2; i++) {
		struct log *l = log_open(p->file, LOG_TEXT, NULL);

		log_say(l, MSG_SP0001, NULL);
		log_close(l);
	}
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	text = slurp(p);
	assert_int_equal(count(text, "SP0001"), 2);
	free(text);
}

static void *
say_once(void *arg)
{
	log_say(arg, MSG_SP0004, NULL);
	return NULL;
}

/* Waits until the file has `what`, for at most 10 s. */
static void
await(const struct place *p, const char *what)
{
	bool there = false;

	for (int i = 0; i < 1000 && !there; i++) {
		char *text = slurp(p);

		there = count(text, what) > 0;
		free(text);
		if (!there)
			usleep(10000);
	}
	assert_true(there);
}

static void
lines_of_a_turn_wait_for_its_end_and_those_of_other_threads_do_not(void **state)
{
	struct place *p = *state;
	struct log *l = log_open(p->file, LOG_TEXT, NULL);
	pthread_t other;
	char *text;

	log_collect(l);
	log_say(l, MSG_SP0001, NULL);
	assert_int_equal(pthread_create(&other, NULL, say_once, l), 0);
	pthread_join(other, NULL);
	await(p, "SP0004");
	text = slurp(p);
	assert_int_equal(count(text, "SP0001"), 0);
	free(text);
	log_hand_over(l);
	await(p, "SP0001");
	log_say(l, MSG_SP0002, NULL); /* the end of the log hands it over */
	log_close(l);
	text = slurp(p);
	assert_int_equal(count(text, "SP0002"), 1);
	free(text);
}

static void
a_turn_of_many_lines_keeps_their_order(void **state)
{
	struct place *p = *state;
	struct log *l = log_open(p->file, LOG_TEXT, NULL);
	char number[24], *text, *at;

	log_collect(l);
	for (int i = 0; i < 5000; i++)
		log_say(l, MSG_SP0004, "n", log_number(number, i), NULL);
	log_close(l);
	at = text = slurp(p);
	assert_int_equal(count(text, "SP0004"), 5000);
	for (int i = 0; i < 5000; i++) {
		char mark[32];

		snprintf(mark, sizeof mark, " n=%d\n", i);
		at = strstr(at, mark);
		assert_non_null(at);
	}
	free(text);
}

#define HANDLES 3
#define TURNS 200
#define LINES 10 /* of a turn */

struct talker { /* a thread with a handle of its own */
	struct log *log;
	int number;
};

static void *
talk(void *arg)
{
	struct talker *t = arg;
	char who[24], n[24];

	log_collect(t->log);
	log_number(who, t->number);
	for (int i = 0; i < TURNS * LINES; i++) {
		log_say(t->log, MSG_SP0004, "who", who, "n", log_number(n, i), NULL);
		if (i % LINES == LINES - 1)
			log_hand_over(t->log);
	}
	log_say(t->log, MSG_SP0004, "who", who, "n", "last", NULL); /* not handed over: the end of the handle does */
	return NULL;
}

static void
each_handle_keeps_the_order_of_its_lines(void **state)
{
	struct place *p = *state;
	struct log *l = log_open(p->file, LOG_TEXT, NULL);
	struct talker talker[HANDLES];
	pthread_t thread[HANDLES];
	char *text, *at;

	for (int i = 0; i < HANDLES; i++) {
		talker[i] = (struct talker){ log_handle(l), i };
		assert_int_equal(pthread_create(&thread[i], NULL, talk, &talker[i]), 0);
	}
	for (int i = 0; i < TURNS; i++)
		log_applid(l, i % 2 == 0 ? "CICSA" : "CICSB");
	for (int i = 0; i < HANDLES; i++) {
		pthread_join(thread[i], NULL);
		log_close(talker[i].log);
	}
	log_close(l);
	text = slurp(p);
	assert_int_equal(count(text, "SP0004"), HANDLES * (TURNS * LINES + 1));
	for (int i = 0; i < HANDLES; i++) {
		char mark[48];

		at = text;
		for (int n = 0; n <= TURNS * LINES && at != NULL; n++) {
			if (n < TURNS * LINES)
				snprintf(mark, sizeof mark, " who=%d n=%d\n", i, n);
			else
				snprintf(mark, sizeof mark, " who=%d n=last\n", i);
			at = strstr(at, mark);
		}
		assert_non_null(at);
	}
	free(text);
}

static void
a_new_applid_is_in_the_next_line_of_each_handle(void **state)
{
	struct place *p = *state;
	struct log *l = log_open(p->file, LOG_TEXT, NULL), *other = log_handle(l);
	char *text;

	log_collect(l);
	log_collect(other);
	log_applid(l, "CICSA");
	log_say(other, MSG_SP0001, NULL);
	log_applid(other, "CICSB");
	log_say(l, MSG_SP0002, NULL);
	log_say(other, MSG_SP0003, NULL);
	log_close(other);
	log_close(l);
	text = slurp(p);
	assert_int_equal(count(text, " CICSA SP0001 "), 1);
	assert_int_equal(count(text, " CICSB SP0002 "), 1);
	assert_int_equal(count(text, " CICSB SP0003 "), 1);
	free(text);
	assert_null(log_handle(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_carries_applid_id_severity_sentence_and_inserts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strangers_bytes_cannot_forge_a_line_or_an_insert, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_json_form_is_json_and_reads_as_the_text_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_number_is_a_number_in_json_and_nothing_else_becomes_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_insert_that_does_not_fit_is_left_out_whole_and_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_flood_of_one_refusal_is_summed_up_and_loses_no_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_that_are_summed_up_do_not_wake_the_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(door_and_code_stand_where_the_caller_puts_them_and_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stalled_reader_blocks_nobody_and_lost_lines_are_owned_up_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_socket_blocks_nobody_and_lost_lines_are_owned_up_to, set_up, tear_down),
		cmocka_unit_test(an_insert_that_does_not_fit_is_left_out_of_the_entry_too),
		cmocka_unit_test_setup_teardown(lines_of_a_turn_wait_for_its_end_and_those_of_other_threads_do_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_turn_of_many_lines_keeps_their_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_handle_keeps_the_order_of_its_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_new_applid_is_in_the_next_line_of_each_handle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_ends_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_log_that_cannot_be_opened_says_which_and_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_log_file_is_for_its_owner_and_is_added_to, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
