/* SPDX-License-Identifier: Apache-2.0 */
/* Two regions in one process do not disturb each other: the engine has no state at file scope. */
#include "region/region.h"

#include "conn/listener.h"
#include "net/loop.h"
#include "conn/registry.h"

#include <ev.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define TURNS 5000 /* of a millisecond each */

struct pair {
	char dir[64];
	struct region *region[2];
};

static void
write_file(const char *dir, const char *name, const char *bytes)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(bytes, f);
	fclose(f);
}

static struct region *
open_region(const char *dir, const char *applid, const char *urm)
{
	char name[32], path[128], text[1024];
	struct region_options o = { .file = path, .log_file = "/dev/null", .library = "lua", .version = "1.0", .commit = "" };
	struct faults faults = { 0 };
	struct region *r;

	snprintf(name, sizeof name, "%s.lua", applid);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	snprintf(text, sizeof text,
		"region { applid = '%s', networkid = 'NETA', control = '%s/%s.sock', policies = '%s' }\n"
		"tcpipservice 'IPIC' { host = '127.0.0.1', portnumber = 0, urm = '%s' }\n",
		applid, dir, applid, dir, urm);
	write_file(dir, name, text);
	r = region_new(&o, &faults);
	assert_non_null(r);
	assert_int_equal(region_open(r, &faults), 0);
	faults_free(&faults);
	return r;
}

static int
set_up(void **state)
{
	struct pair *p = calloc(1, sizeof *p);

	snprintf(p->dir, sizeof p->dir, "/tmp/sallyport-regions-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	write_file(p->dir, "yes.lua",
		"local policy = require 'policy'\nreturn { install = function(f) return policy.install { ipconn = 'PARTNER' } end }\n");
	p->region[0] = open_region(p->dir, "ONE", "yes");
	p->region[1] = open_region(p->dir, "TWO", "no");
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *p = *state;
	char command[128];

	region_free(p->region[0]);
	region_free(p->region[1]);
	snprintf(command, sizeof command, "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static int
dial(const struct region *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
		.sin_port = htons(r->listeners.current->entrance.own.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void
send_capex(int fd)
{
	static const char body[] = "{\"applid\":\"A\",\"networkid\":\"N\",\"port\":-1,\"sendcount\":1}";
	char all[512];
	int n = snprintf(all, sizeof all, "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);

	assert_int_equal(send(fd, all, (size_t)n, 0), n);
}

/* Lets both regions run by turns until the answer to fd is there. */
static void
receive(struct pair *p, int fd, char *out, size_t size)
{
	ssize_t n = -1;

	for (int turn = 0; turn < TURNS && n <= 0; turn++) {
		ev_run(p->region[0]->worker.loop, EVRUN_NOWAIT);
		ev_run(p->region[1]->worker.loop, EVRUN_NOWAIT);
		n = recv(fd, out, size - 1, MSG_DONTWAIT);
		if (n <= 0)
			usleep(1000);
	}
	assert_true(n > 0);
	out[n] = '\0';
}

static void
two_regions_live_in_one_process(void **state)
{
	struct pair *p = *state;
	int one = dial(p->region[0]), two = dial(p->region[1]);
	char answer[2048];

	send_capex(one);
	send_capex(two);
	receive(p, one, answer, sizeof answer);
	assert_non_null(strstr(answer, "200 OK"));
	assert_non_null(strstr(answer, "\"ONE\""));
	receive(p, two, answer, sizeof answer);
	assert_non_null(strstr(answer, "AUTOINSTALL_FAILED"));
	assert_int_equal(registry_count(p->region[0]->registry), 1);
	assert_int_equal(registry_count(p->region[1]->registry), 0);
	close(one);
	close(two);
}

static void
the_end_of_one_leaves_the_other(void **state)
{
	struct pair *p = *state;
	char answer[2048];
	int fd;

	region_free(p->region[1]);
	p->region[1] = open_region(p->dir, "TWO", "yes");
	fd = dial(p->region[0]);
	send_capex(fd);
	receive(p, fd, answer, sizeof answer);
	assert_non_null(strstr(answer, "\"ONE\""));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_regions_live_in_one_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_of_one_leaves_the_other, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
