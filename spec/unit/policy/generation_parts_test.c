/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/generation.h"

#include "base/thread.h"
#include "config/definition_load.h"
#include "policy/data_pool.h"
#include "policy/generations.h"
#include "policy/inputs.h"
#include "tls/ring.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec/support/scratch.h"

#define GATES 2
#define ROUNDS 300

struct house {
	char dir[100];
	struct generation *generation;
	struct faults faults;
	struct host_world world[1 + GATES];
};

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	scratch_open(h->dir, "parts");
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	generation_unref(h->generation);
	faults_free(&h->faults);
	scratch_close(h->dir);
	free(h);
	return 0;
}

/* Loads a generation of a home and GATES gates. NULL: it has faults. */
static struct generation *
load(struct house *h, const char *keys, const char *rest)
{
	struct generation_gate gate[GATES] = { { .world = &h->world[1] }, { .world = &h->world[2] } };
	struct generation_options o = { .number = 7, .library_dir = "lua", .now = 1000, .world = &h->world[0], .gate = gate, .gates = GATES };
	struct definition *d;
	char text[4000];

	snprintf(text, sizeof text, "region { applid = 'CICSA', networkid = 'NETA', policies = '%s'%s }\n%s", h->dir, keys, rest);
	d = definition_load_bytes("test.lua", text, strlen(text), &h->faults);
	assert_non_null(d);
	h->generation = generation_load(d, &o, &h->faults);
	if (h->generation == NULL)
		definition_free(d);
	return h->generation;
}

static void
must_load(struct house *h, const char *keys, const char *rest)
{
	char text[900];

	if (load(h, keys, rest) != NULL)
		return;
	for (size_t i = 0; i < h->faults.n; i++)
		print_message("%s\n", faults_print(&h->faults, i, text, sizeof text));
	fail_msg("does not load");
}

#define ADMIT_OF_LIST \
	"local p = require 'policy'\n" \
	"local list = p.data('list.csv', { key = 'ip' })\n" \
	"return { admit = function(facts) if list:find(facts.peer.ip) then return p.accept() end return p.refuse 'unlisted' end }\n"

static void
load_list(struct house *h)
{
	scratch_write(h->dir, "lan.lua", ADMIT_OF_LIST);
	scratch_write(h->dir, "list.csv", "ip\n192.0.2.7\n");
	must_load(h, "", "tcpipservice 'A' { portnumber = 0, admit = 'lan' }\n");
}

static void
answered(struct ask *a)
{
	(void)a;
}

/* The code of the part's verdict about an address: "" accepted. */
static void
ask(struct generation *g, const char *ip, char code[CODE_SIZE])
{
	struct facts facts = { .way = WAY_IN, .now = 1000 };
	struct ask a = { .policy = g->policy, .script = generation_service(g, "A")->script[DOOR_ADMIT], .door = DOOR_ADMIT, .facts = &facts, .done = answered };

	snprintf(facts.tcpipservice, sizeof facts.tcpipservice, "A");
	addr_parse(&facts.peer.addr, ip, 4711);
	policy_ask(&a);
	snprintf(code, CODE_SIZE, "%s", a.verdict.kind == VERDICT_ACCEPT ? "" : a.verdict.code);
}

static void
each_worker_has_a_part_of_its_own(void **state)
{
	struct house *h = *state;
	struct generation *g, *gate;

	scratch_write(h->dir, "lan.lua", "local p = require 'policy' return { admit = function() return p.accept() end }");
	must_load(h, ", ring = 'certs/rings/CICSA'", "tcpipservice 'A' { portnumber = 0, ssl = 'yes', admit = 'lan' }\n"
		"tcpipservice 'B' { portnumber = 0, ssl = 'yes' }\nipconn 'C' { applid = 'CICSB', networkid = 'NETB', host = 'localhost', port = 1 }\n");
	g = h->generation;
	assert_ptr_equal(generation_at(g, 0), g);
	gate = generation_at(g, 2);
	assert_ptr_equal(generation_at(gate, 0), g);
	assert_ptr_equal(generation_at(gate, 2), gate);
	assert_ptr_not_equal(gate->policy, g->policy);
	assert_ptr_not_equal(generation_service(gate, "A"), generation_service(g, "A"));
	assert_ptr_not_equal(generation_service(gate, "A")->tls, generation_service(g, "A")->tls);
	assert_ptr_equal(generation_service(gate, "A")->tls, generation_service(gate, "B")->tls);
	assert_string_equal(generation_service(gate, "A")->script[DOOR_ADMIT], "lan");
}

static void
the_parts_share_all_that_does_not_change(void **state)
{
	struct house *h = *state;
	const struct generation *g, *gate;

	load_list(h);
	g = h->generation;
	gate = generation_at(g, 1);
	assert_int_equal(gate->number, 7);
	assert_string_equal(gate->hash, g->hash);
	assert_int_equal(generation_bytes(g), policy_bytes(g->policy) + policy_bytes(gate->policy) + policy_bytes(generation_at(g, 2)->policy));
	assert_int_equal(generation_bytes(gate), generation_bytes(g));
	assert_ptr_equal(gate->definition, g->definition);
	assert_ptr_equal(gate->sources, g->sources);
	assert_ptr_equal(inputs_first(policy_inputs(gate->policy)), inputs_first(policy_inputs(g->policy)));
	assert_ptr_equal(generation_service(gate, "A")->def, generation_service(g, "A")->def);
}

static void
a_part_reads_no_further_file(void **state)
{
	struct house *h = *state;
	struct fault f = { "" };

	load_list(h);
	for (unsigned i = 0; i <= GATES; i++) {
		assert_null(inputs_data(policy_inputs(generation_at(h->generation, i)->policy), h->dir, "list.csv", 8, NULL, &f));
		assert_non_null(strstr(f.text, "was not read when the generation was loaded"));
	}
	assert_null(sources_get(h->generation->sources, "other", &f));
}

#define ADMIT_OF_SET \
	"local p, ip = require 'policy', require 'policy.ip'\n" \
	"local nets = ip.read('nets.csv', { prefix = 'net', value = 'code' })\n" \
	"return { admit = function(facts)\n" \
	"  local yes, _, code = nets:holds(facts.peer.ip)\n" \
	"  return yes and p.refuse(code) or p.accept()\n" \
	"end }\n"

/* The Lua states of all workers and the next generation look up in one set. */
static void
a_set_of_a_file_is_made_once(void **state)
{
	struct house *h = *state;
	struct data_pool *pool = data_pool_new();
	struct generation *before;
	char code[CODE_SIZE];

	h->world[0].pool = pool;
	scratch_write(h->dir, "lan.lua", ADMIT_OF_SET);
	scratch_write(h->dir, "nets.csv", "net,code\n192.0.2.0/24,test_net\n");
	must_load(h, "", "tcpipservice 'A' { portnumber = 0, admit = 'lan' }\n");
	before = h->generation;
	assert_int_equal(data_pool_count(pool), 1);
	must_load(h, "", "tcpipservice 'A' { portnumber = 0, admit = 'lan' }\n");
	assert_int_equal(data_pool_count(pool), 1);
	generation_unref(before);
	for (unsigned i = 0; i <= GATES; i++) {
		ask(generation_at(h->generation, i), "192.0.2.7", code);
		assert_string_equal(code, "test_net");
		ask(generation_at(h->generation, i), "192.0.3.7", code);
		assert_string_equal(code, "");
	}
	generation_unref(h->generation);
	h->generation = NULL;
	assert_int_equal(data_pool_count(pool), 0);
	data_pool_free(pool);
}

static void
a_fault_is_reported_once(void **state)
{
	struct house *h = *state;

	scratch_write(h->dir, "lan.lua", "return { admit = 5 }");
	assert_null(load(h, "", "tcpipservice 'A' { portnumber = 0, admit = 'lan' }\n"));
	assert_int_equal(h->faults.errors, 1);
}

static void
a_doubt_is_reported_once(void **state)
{
	struct house *h = *state;
	char path[128];
	size_t n = 0;

	scratch_write(h->dir, "lan.lua", "local p = require 'policy' return { admit = function() return p.accept() end }");
	snprintf(path, sizeof path, "%s/lan.lua", h->dir);
	chmod(path, 0660);
	must_load(h, "", "tcpipservice 'A' { portnumber = 0, admit = 'lan' }\n");
	for (size_t i = 0; i < h->faults.n; i++)
		n += h->faults.entry[i].file != NULL && strstr(h->faults.entry[i].file, "lan.lua") != NULL;
	assert_int_equal(n, 1);
}

struct asker { /* a worker: asks its part */
	struct generation *part;
	struct thread *thread;
	unsigned right;
};

/* Takes and gives back a reference at each question, as a connection does, and gives the worker's back at the end. */
static void
ask_often(void *arg)
{
	struct asker *a = arg;
	char code[CODE_SIZE];

	for (int i = 0; i < ROUNDS; i++) {
		generation_ref(a->part);
		ask(a->part, i % 2 == 0 ? "192.0.2.7" : "192.0.2.8", code);
		a->right += strcmp(code, i % 2 == 0 ? "" : "unlisted") == 0;
		generation_unref(a->part);
	}
	generation_unref(a->part);
}

static void
each_thread_asks_its_part_and_the_last_one_frees_the_generation(void **state)
{
	struct house *h = *state;
	struct asker asker[1 + GATES] = { { 0 } };

	load_list(h);
	for (unsigned i = 0; i <= GATES; i++)
		asker[i].part = generation_ref(generation_at(h->generation, i));
	generation_unref(h->generation);
	h->generation = NULL;
	for (unsigned i = 0; i <= GATES; i++)
		assert_int_equal(thread_start(&asker[i].thread, ask_often, &asker[i]), 0);
	for (unsigned i = 0; i <= GATES; i++) {
		thread_wait(asker[i].thread);
		assert_int_equal(asker[i].right, ROUNDS);
	}
}

#define GROWS \
	"local p = require 'policy'\nlocal list = p.data('list.csv', { key = 'ip' })\nlocal kept = {}\n" \
	"return { admit = function(facts)\n" \
	"  for i = 1, 200 do kept[#kept + 1] = ('x'):rep(400) .. #kept end\n" \
	"  if list:find(facts.peer.ip) then return p.accept() end return p.refuse 'unlisted'\n" \
	"end }\n"

/* The states grow beyond their limit, and each thread makes its own anew from the texts that all parts share. */
static void
each_thread_renews_its_state(void **state)
{
	struct house *h = *state;
	struct asker asker[1 + GATES] = { { 0 } };

	scratch_write(h->dir, "lan.lua", GROWS);
	scratch_write(h->dir, "list.csv", "ip\n192.0.2.7\n");
	must_load(h, ", kilobytes = 1024", "tcpipservice 'A' { portnumber = 0, admit = 'lan' }\n");
	for (unsigned i = 0; i <= GATES; i++) {
		asker[i].part = generation_ref(generation_at(h->generation, i));
		assert_int_equal(thread_start(&asker[i].thread, ask_often, &asker[i]), 0);
	}
	for (unsigned i = 0; i <= GATES; i++) {
		thread_wait(asker[i].thread);
		assert_int_equal(asker[i].right, ROUNDS);
		assert_true(policy_bytes(generation_at(h->generation, i)->policy) < 16 * 1024 * 1024);
	}
}

static struct generation *
load_another(struct house *h)
{
	struct generation *g;

	load_list(h);
	g = h->generation;
	h->generation = NULL;
	return g;
}

static void
a_set_has_the_generations_in_use(void **state)
{
	struct house *h = *state;
	struct generations *all = generations_new();
	struct generation *first = load_another(h), *second = load_another(h), *out[4];

	second->number = 8;
	generations_add(all, first);
	generations_add(all, generation_at(second, 1));
	assert_int_equal(generations_list(all, out, 4), 2);
	assert_ptr_equal(out[0], second);
	assert_ptr_equal(out[1], first);
	assert_false(generations_judges(all, 7));
	generation_judges(generation_at(first, 1), true);
	assert_true(generations_judges(all, 7));
	assert_false(generations_judges(all, 8));
	generation_unref(first);
	generation_unref(generation_at(out[1], 2));
	assert_false(generations_judges(all, 7));
	assert_int_equal(generations_list(all, out + 1, 1), 1);
	for (int i = 0; i < 3; i++)
		generation_unref(second);
	assert_int_equal(generations_list(all, out, 4), 0);
	generations_free(all);
}

static void
connections_of_all_workers_are_counted(void **state)
{
	struct house *h = *state;

	load_list(h);
	generation_judges(h->generation, true);
	generation_judges(generation_at(h->generation, 1), true);
	generation_judges(generation_at(h->generation, 2), true);
	generation_judges(h->generation, false);
	assert_int_equal(h->generation->connections, 2);
}

/* Loads nothing: gives the references back that keep generations alive while another thread lists them. */
static void
let_go(void *arg)
{
	struct generation **g = arg;

	for (int i = 0; i < 8; i++)
		generation_unref(g[i]);
}

static void
a_set_is_listed_while_generations_are_freed(void **state)
{
	struct house *h = *state;
	struct generations *all = generations_new();
	struct generation *g[8], *out[8];
	struct thread *thread;
	size_t n;

	for (int i = 0; i < 8; i++)
		generations_add(all, g[i] = load_another(h));
	assert_int_equal(thread_start(&thread, let_go, g), 0);
	do {
		n = generations_list(all, out, 8);
		for (size_t i = 0; i < n; i++)
			generation_unref(out[i]);
	} while (n > 0);
	thread_wait(thread);
	generations_free(all);
}

static void
a_part_that_was_not_loaded_ends_the_process(void **state)
{
	struct house *h = *state;
	int status = 0;
	pid_t pid;

	load_list(h);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		generation_at(h->generation, 1 + GATES);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_worker_has_a_part_of_its_own),
		T(the_parts_share_all_that_does_not_change),
		T(a_part_reads_no_further_file),
		T(a_set_of_a_file_is_made_once),
		T(a_fault_is_reported_once),
		T(a_doubt_is_reported_once),
		T(each_thread_asks_its_part_and_the_last_one_frees_the_generation),
		T(each_thread_renews_its_state),
		T(a_set_has_the_generations_in_use),
		T(connections_of_all_workers_are_counted),
		T(a_set_is_listed_while_generations_are_freed),
		T(a_part_that_was_not_loaded_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
