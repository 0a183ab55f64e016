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
#define LONGEST 8192 /* bits of an RSA key that chain_limits.h lets pass */
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

/* A ring of its own that trusts the root, with a CRL of each authority. */
static void
judging(const char *name, const struct identity *chain, int n)
{
	struct identity own = pki_make((struct wish){ .cn = name, .issuer = &ca });
	char dir[256], file[32];

	pki_ring(pki_path(dir, top, name), "OWN", &own, &chain[0]);
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof file, "crls/%d.pem", i);
		pki_put_crl(dir, file, pki_crl(&chain[i], &own, -DAY, DAY));
	}
	pki_free(&own);
}

/*
 * As much as chain_limits.h and the depth of TLS let pass: the longest RSA keys, long names, many alternative names,
 * constraints of both kinds, policies, and CRLs.
 */
static void
largest(void)
{
	struct identity chain[5], leaf;
	EVP_PKEY *key = pki_long_rsa(LONGEST);
	char *names = listed("DNS:a", 970), *constraints = listed("excluded;DNS:b", 180), dir[256];

	for (int i = 0; i < 5; i++) {
		EVP_PKEY_up_ref(key);
		chain[i] = pki_make((struct wish){ .cn = (char[]){ 'I', (char)('0' + i), 0 }, .authority = true, .issuer = i ? &chain[i - 1] : NULL,
			.key = key, .name = many_parts, .constraints = i ? constraints : "permitted;DNS:example", .policies = 20 });
	}
	leaf = pki_make((struct wish){ .cn = "largest", .issuer = &chain[4], .key = key, .name = many_parts, .san = names, .policies = 20 });
	pki_ring(pki_path(dir, top, "largest"), "OWN", &leaf, &ca);
	for (int i = 4; i > 0; i--)
		pki_put(dir, "OWN.pem", chain[i].certificate);
	judging("judging", chain, 5);
	for (int i = 0; i < 5; i++)
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
	if (o.ring != NULL)
		ring_keep_chains(o.ring, 1);
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
start_rings(struct bout *b, const char *server, const char *client, int version, enum tls_judgement in, enum tls_judgement out)
{
	*b = (struct bout){ .side = { [WAY_IN] = { .answer = in }, [WAY_OUT] = { .answer = out } } };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b->fd), 0);
	b->side[WAY_IN].tls = stream(WAY_IN, server, version, &b->side[WAY_IN], b->fd[0]);
	b->side[WAY_OUT].tls = stream(WAY_OUT, client, version, &b->side[WAY_OUT], b->fd[1]);
}

static void
start(struct bout *b, const char *client, int version, enum tls_judgement in, enum tls_judgement out)
{
	start_rings(b, "server", client, version, in, out);
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

/* The side that has the small certificate verifies the largest chain, and waits. */
static void
verify_largest(enum way way, int version)
{
	struct bout b;

	if (way == WAY_IN)
		start_rings(&b, "judging", "largest", version, TLS_LATER, TLS_ACCEPT);
	else
		start_rings(&b, "largest", "judging", version, TLS_ACCEPT, TLS_LATER);
	drive(&b);
	assert_int_equal(b.side[way].r, TLS_WANT_VERDICT);
	assert_true(b.side[way].ok);
	tls_verdict(b.side[way].tls, TLS_ACCEPT);
	drive(&b);
	assert_int_equal(b.side[way].r, TLS_OK);
	assert_int_equal(b.side[!way].r, TLS_OK);
	end(&b);
}

static void
half_of_the_stack_of_a_job_stays_untouched(void **state)
{
	(void)state;
	for (int version = 12; version <= 13; version++) {
		verify_largest(WAY_IN, version);
		verify_largest(WAY_OUT, version);
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
