/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <signal.h>
#include <sys/socket.h>

#include "spec/support/pki.h"
#include "tls/tls.h"

#define STACK 32768 /* bytes of a job's stack in OpenSSL */
#define SPARE 16384 /* of them that no handshake may touch */
#define JOBS 2
#define PAINT 0xA5

static char top[64];
static struct identity ca;

/* --- The stacks of jobs are painted when OpenSSL allocates them. */

static unsigned char *stacks[JOBS];

static void *
paint(size_t n, const char *file, int line)
{
	unsigned char *p = malloc(n);
	size_t i = 0;

	(void)file, (void)line;
	if (n != STACK || p == NULL)
		return p;
	memset(p, PAINT, n);
	while (i < JOBS && stacks[i] != NULL)
		i++;
	if (i < JOBS)
		stacks[i] = p;
	return p;
}

static void *
resize(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return realloc(p, n);
}

static void
release(void *p, const char *file, int line)
{
	(void)file, (void)line;
	for (size_t i = 0; i < JOBS; i++)
		if (p != NULL && stacks[i] == p)
			stacks[i] = NULL;
	free(p);
}

/* The least number of bytes at the end of a stack that no job has touched. */
static size_t
untouched(void)
{
	size_t least = STACK;

	for (size_t i = 0; i < JOBS && stacks[i] != NULL; i++) {
		size_t n = 0;

		while (n < STACK && stacks[i][n] == PAINT)
			n++;
		if (n < least)
			least = n;
	}
	return least;
}

/* --- The world. */

static void
party(const char *name, struct wish w)
{
	struct identity id;
	char dir[256];

	w.issuer = &ca;
	id = pki_make(w);
	pki_ring(pki_path(dir, top, name), "OWN", &id, &ca);
	pki_free(&id);
}

static void
many_parts(X509_NAME *n)
{
	for (int i = 0; i < 40; i++)
		assert_true(X509_NAME_add_entry_by_txt(n, "OU", MBSTRING_UTF8, (const unsigned char *)"a part of a long name", -1, -1, 0));
}

/* "WORD0000.example,WORD0001.example ..." */
static char *
listed(const char *word, int n)
{
	char *text = malloc((size_t)n * 64), *p = text;

	for (int i = 0; i < n; i++)
		p += sprintf(p, "%s%s%04d.example", i > 0 ? "," : "", word, i);
	return text;
}

/*
 * As much as chain_limits.h and the depth of TLS let pass: long names, many alternative names, constraints, RSA keys.
 */
static void
largest(void)
{
	struct identity chain[4], leaf;
	char *names = listed("DNS:a", 990), *constraints = listed("excluded;DNS:b", 200), dir[256];

	for (int i = 0; i < 4; i++)
		chain[i] = pki_make((struct wish){ .cn = (char[]){ 'I', (char)('0' + i), 0 }, .authority = true, .issuer = i ? &chain[i - 1] : &ca,
			.rsa_bits = 3072, .name = many_parts, .constraints = constraints });
	leaf = pki_make((struct wish){ .cn = "largest", .issuer = &chain[3], .rsa_bits = 4096, .name = many_parts, .san = names });
	pki_ring(pki_path(dir, top, "largest"), "OWN", &leaf, &ca);
	for (int i = 3; i >= 0; i--)
		pki_put(dir, "OWN.pem", chain[i].certificate);
	for (int i = 0; i < 4; i++)
		pki_free(&chain[i]);
	pki_free(&leaf);
	free(names);
	free(constraints);
}

static int
build(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	pki_temp(top);
	ca = pki_make((struct wish){ .cn = "CA", .authority = true });
	party("server", (struct wish){ .cn = "server" });
	party("client", (struct wish){ .cn = "client" });
	largest();
	tls_thread_begin(JOBS);
	return 0;
}

static int
raze(void **state)
{
	(void)state;
	tls_thread_end();
	pki_remove(top);
	pki_free(&ca);
	return 0;
}

/* --- A server and a client over a pair of sockets; one of them, or both, wait. */

struct side {
	enum tls_judgement answer; /* of the judge */
	struct tls *tls;
	enum tls_result r;
	int asked;
	bool ok; /* the judge saw a chain that verified */
};

struct bout {
	struct side side[2]; /* WAY_IN, WAY_OUT */
	int fd[2];
};

static enum tls_judgement
judge(void *arg, struct certificate *c, const struct cert_fault *why)
{
	struct side *s = arg;

	(void)why;
	s->asked++;
	s->ok = c != NULL && c->chain.ok;
	return s->answer;
}

static struct tls *
stream(enum way way, const char *ring, int version, struct side *s, int fd)
{
	struct tls_options o = { .ask_certificate = true, .min_version = version, .max_version = version };
	struct fault f = { "" };
	struct tls_config *c;
	struct tls *t;
	char dir[256];

	o.ring = pki_load(pki_path(dir, top, ring), &f);
	c = tls_config_new(way, &o, &f);
	if (c == NULL)
		fail_msg("%s", f.text);
	t = tls_new(c, way, fd, judge, s);
	tls_let_wait(t);
	s->r = TLS_WANT_READ;
	tls_config_unref(c);
	ring_unref(o.ring);
	return t;
}

static void
start(struct bout *b, const char *client, int version, enum tls_judgement in, enum tls_judgement out)
{
	*b = (struct bout){ .side = { [WAY_IN] = { .answer = in }, [WAY_OUT] = { .answer = out } } };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b->fd), 0);
	b->side[WAY_IN].tls = stream(WAY_IN, "server", version, &b->side[WAY_IN], b->fd[0]);
	b->side[WAY_OUT].tls = stream(WAY_OUT, client, version, &b->side[WAY_OUT], b->fd[1]);
}

/* Until both are done, wait for their verdicts, or for the other. */
static void
drive(struct bout *b)
{
	for (int i = 0; i < 50; i++)
		for (int n = 0; n < 2; n++) {
			struct side *s = &b->side[n];

			if (s->r != TLS_OK && s->r != TLS_FAILED)
				s->r = tls_handshake(s->tls);
		}
}

/* The bytes that the client reads after the handshake: in TLS 1.3 the alert comes then. */
static const struct tls_ending *
read_alert(struct bout *b)
{
	struct tls *t = b->side[WAY_OUT].tls;
	size_t got;
	char byte;

	if (b->side[WAY_OUT].r == TLS_OK)
		assert_int_equal(tls_read(t, &byte, 1, &got), TLS_FAILED);
	return tls_ending(t);
}

static void
end(struct bout *b)
{
	tls_free(b->side[WAY_IN].tls);
	tls_free(b->side[WAY_OUT].tls);
	close(b->fd[0]);
	close(b->fd[1]);
}

static void
pause_server(struct bout *b, const char *client, int version)
{
	start(b, client, version, TLS_LATER, TLS_ACCEPT);
	drive(b);
	assert_int_equal(b->side[WAY_IN].r, TLS_WANT_VERDICT);
	assert_int_equal(b->side[WAY_IN].asked, 1);
	assert_true(b->side[WAY_IN].ok);
}

static void
both_sides_go_on_where_they_stopped(void **state)
{
	struct bout b;

	(void)state;
	for (int version = 12; version <= 13; version++) {
		start(&b, "client", version, TLS_LATER, TLS_LATER);
		drive(&b);
		assert_int_equal(b.side[WAY_OUT].r, TLS_WANT_VERDICT);
		assert_int_equal(b.side[WAY_IN].asked, 0);
		tls_verdict(b.side[WAY_OUT].tls, TLS_ACCEPT);
		drive(&b);
		assert_int_equal(b.side[WAY_IN].r, TLS_WANT_VERDICT);
		tls_verdict(b.side[WAY_IN].tls, TLS_ACCEPT);
		drive(&b);
		assert_int_equal(b.side[WAY_IN].r, TLS_OK);
		assert_int_equal(b.side[WAY_OUT].r, TLS_OK);
		assert_int_equal(b.side[WAY_IN].asked + b.side[WAY_OUT].asked, 2);
		end(&b);
	}
}

static void
an_answer_at_once_stops_nothing(void **state)
{
	struct bout b;

	(void)state;
	for (int version = 12; version <= 13; version++) {
		start(&b, "client", version, TLS_ACCEPT, TLS_ACCEPT);
		drive(&b);
		assert_int_equal(b.side[WAY_IN].r, TLS_OK);
		assert_int_equal(b.side[WAY_OUT].r, TLS_OK);
		end(&b);
		start(&b, "client", version, TLS_REFUSE_POLICY, TLS_ACCEPT);
		drive(&b);
		assert_int_equal(b.side[WAY_IN].r, TLS_FAILED);
		assert_int_equal(read_alert(&b)->alert, 42);
		end(&b);
	}
}

static void
each_verdict_has_the_alert_that_it_has_at_once(void **state)
{
	static const int alert[] = { [TLS_REFUSE_CHAIN] = 42, [TLS_REFUSE_POLICY] = 42, [TLS_REFUSE_ERROR] = 80, [TLS_LATER] = 80 };
	struct bout b;

	(void)state;
	for (int version = 12; version <= 13; version++)
		for (enum tls_judgement j = TLS_REFUSE_CHAIN; j <= TLS_LATER; j++) {
			if (j == TLS_ACCEPT)
				continue;
			pause_server(&b, "client", version);
			tls_verdict(b.side[WAY_IN].tls, j);
			drive(&b);
			assert_int_equal(b.side[WAY_IN].r, TLS_FAILED);
			assert_int_equal(tls_ending(b.side[WAY_IN].tls)->alert, alert[j]);
			assert_int_equal(read_alert(&b)->alert, alert[j]);
			end(&b);
		}
}

static void
a_stream_that_is_freed_while_it_waits_refuses_first(void **state)
{
	struct bout b;

	(void)state;
	for (int version = 12; version <= 13; version++) {
		pause_server(&b, "client", version);
		tls_free(b.side[WAY_IN].tls);
		b.side[WAY_IN] = (struct side){ .r = TLS_FAILED };
		drive(&b);
		assert_int_equal(read_alert(&b)->alert, 80);
		end(&b);
		pause_server(&b, "client", version);
		assert_int_equal(tls_close_notify(b.side[WAY_IN].tls), TLS_FAILED);
		assert_int_equal(tls_handshake(b.side[WAY_IN].tls), TLS_FAILED);
		end(&b);
	}
}

static void
a_handshake_without_a_job_fails(void **state)
{
	struct bout one, two, three;

	(void)state;
	pause_server(&one, "client", 13);
	start(&two, "client", 13, TLS_LATER, TLS_LATER);
	drive(&two);
	assert_int_equal(two.side[WAY_OUT].r, TLS_WANT_VERDICT);
	start(&three, "client", 13, TLS_ACCEPT, TLS_ACCEPT);
	drive(&three);
	assert_int_equal(three.side[WAY_OUT].r, TLS_FAILED);
	assert_string_equal(tls_ending(three.side[WAY_OUT].tls)->reason, "too many handshakes wait for their verdicts");
	assert_false(tls_ending(three.side[WAY_OUT].tls)->severed);
	end(&three);
	end(&two);
	tls_verdict(one.side[WAY_IN].tls, TLS_ACCEPT);
	drive(&one);
	assert_int_equal(one.side[WAY_IN].r, TLS_OK);
	end(&one);
}

static void
half_of_the_stack_of_a_job_stays_untouched(void **state)
{
	struct bout b;

	(void)state;
	for (int version = 12; version <= 13; version++) {
		pause_server(&b, "largest", version);
		tls_verdict(b.side[WAY_IN].tls, TLS_ACCEPT);
		drive(&b);
		assert_int_equal(b.side[WAY_IN].r, TLS_OK);
		end(&b);
	}
	assert_non_null(stacks[0]);
	print_message("%zu bytes of the stack of a job were not touched\n", untouched());
	assert_true(untouched() >= SPARE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_go_on_where_they_stopped),
		cmocka_unit_test(an_answer_at_once_stops_nothing),
		cmocka_unit_test(each_verdict_has_the_alert_that_it_has_at_once),
		cmocka_unit_test(a_stream_that_is_freed_while_it_waits_refuses_first),
		cmocka_unit_test(a_handshake_without_a_job_fails),
		cmocka_unit_test(half_of_the_stack_of_a_job_stays_untouched),
	};

	if (!CRYPTO_set_mem_functions(paint, resize, release))
		return 1;
	return cmocka_run_group_tests(tests, build, raze);
}
