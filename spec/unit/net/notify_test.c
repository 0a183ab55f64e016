/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <ev.h>

#include "base/log.h"
#include "net/loop.h"
#include "net/notify.h"

/* A receiver at an abstract name of this process. */
static int
receiver(char name[64])
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int n = snprintf(name, 64, "@sallyport-notify-test-%d", (int)getpid()), fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, name, (size_t)n);
	a.sun_path[0] = '\0';
	assert_int_equal(0, bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)));
	return fd;
}

/* The next message; false: none waits. */
static bool
next(int fd, char out[512])
{
	ssize_t n = recv(fd, out, 511, MSG_DONTWAIT);

	out[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

static void
no_manager(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000", 1);
	assert_null(notify_new());
	assert_null(getenv("WATCHDOG_USEC"));
	notify_ready(NULL, "");
	notify_reloading(NULL, "");
	notify_stopping(NULL, "");
	notify_begin(NULL, NULL, NULL, NULL, NULL);
	notify_alive(NULL);
	notify_free(NULL);
}

/* No watchdog is due in these tests. */
static void
never(void *arg)
{
	(void)arg;
	fail();
}

static void
environment_is_removed(void **state)
{
	struct notify *n;
	char name[64], text[512];
	int fd = receiver(name);

	(void)state;
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_PID", "1", 1);
	n = notify_new();
	assert_non_null(n);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_PID"));
	notify_ready(n, "up");
	assert_true(next(fd, text));
	assert_string_equal("READY=1\nSTATUS=up\n", text);
	notify_stopping(n, "ending");
	notify_ready(n, "up again");
	notify_reloading(n, "reloading");
	assert_true(next(fd, text));
	assert_string_equal("STOPPING=1\nSTATUS=ending\n", text);
	assert_false(next(fd, text));
	notify_free(n);
	close(fd);
}

/* The queue of the receiver is full: the newest state is sent when there is room again. */
static void
full_queue(void **state)
{
	struct ev_loop *loop = loop_new();
	struct fault f;
	struct log *log = log_open(NULL, LOG_TEXT, &f);
	struct notify *n;
	char name[64], text[512], last[512] = "";
	int fd = receiver(name);

	(void)state;
	setenv("NOTIFY_SOCKET", name, 1);
	n = notify_new();
	notify_begin(n, loop, log, never, NULL);
	for (int i = 0; i < 2000; i++) /* more than a queue of datagrams has room for */
		notify_ready(n, "old");
	notify_stopping(n, "newest");
	while (next(fd, text))
		assert_string_equal("READY=1\nSTATUS=old\n", text);
	ev_run(loop, EVRUN_ONCE); /* the pause before it is sent again */
	while (next(fd, text))
		memcpy(last, text, sizeof last);
	assert_string_equal("STOPPING=1\nSTATUS=newest\n", last);
	notify_free(n);
	log_end(log);
	loop_free(loop);
	log_close(log);
	close(fd);
}

/* The interval is meant for another process. */
static void
watchdog_of_another(void **state)
{
	struct ev_loop *loop = loop_new();
	struct fault f;
	struct log *log = log_open(NULL, LOG_TEXT, &f);
	char name[64];
	int fd = receiver(name);
	struct notify *n;

	(void)state;
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "1000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	n = notify_new();
	notify_begin(n, loop, log, never, NULL);
	assert_int_equal(0, ev_run(loop, 0)); /* no timer is active */
	notify_free(n);
	log_end(log);
	loop_free(loop);
	log_close(log);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_manager),
		cmocka_unit_test(environment_is_removed),
		cmocka_unit_test(full_queue),
		cmocka_unit_test(watchdog_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
