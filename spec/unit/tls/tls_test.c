/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>

#include "spec/support/pki.h"
#include "tls/tls.h"

static char top[64];
static struct identity ca, other;

/* --- The world: one directory with a ring per party. */

static const char *
ring_dir_of(char out[256], const char *name)
{
	return pki_path(out, top, name);
}

static void
party(const char *name, struct wish w, const struct identity *trusts)
{
	struct identity id;
	char dir[256];

	if (w.issuer == NULL)
		w.issuer = &ca;
	id = pki_make(w);
	pki_ring(ring_dir_of(dir, name), "OWN", &id, trusts);
	pki_free(&id);
}

static void
alone(void)
{
	struct identity id = pki_make((struct wish){ .cn = "alone" });
	char dir[256];

	pki_ring(ring_dir_of(dir, "selfsigned"), "OWN", &id, &ca);
	pki_free(&id);
}

/* `n` intermediates, each signed by the one before. */
static void
deep(const char *name, int n)
{
	struct identity chain[8], leaf;
	char dir[256];
	int i;

	for (i = 0; i < n; i++)
		chain[i] = pki_make((struct wish){ .cn = (char[]){ 'I', (char)('0' + i), 0 }, .authority = true, .issuer = i ? &chain[i - 1] : &ca });
	leaf = pki_make((struct wish){ .cn = "deep", .issuer = &chain[n - 1] });
	pki_ring(ring_dir_of(dir, name), "OWN", &leaf, &ca);
	for (i = n - 1; i >= 0; i--)
		pki_put(dir, "OWN.pem", chain[i].certificate);
	for (i = 0; i < n; i++)
		pki_free(&chain[i]);
	pki_free(&leaf);
}

static void
revoked(void)
{
	struct identity gone = pki_make((struct wish){ .cn = "revoked", .issuer = &ca });
	char dir[256];

	pki_ring(ring_dir_of(dir, "revoked"), "OWN", &gone, &ca);
	pki_put_crl(ring_dir_of(dir, "server"), "crls/ca.pem", pki_crl(&ca, &gone, -3600, DAY));
	pki_put_crl(ring_dir_of(dir, "stale"), "crls/ca.pem", pki_crl(&ca, NULL, -2 * DAY, -DAY));
	pki_free(&gone);
}

static int
build(void **state)
{
	char dir[256];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	pki_temp(top);
	ca = pki_make((struct wish){ .cn = "CA", .authority = true });
	other = pki_make((struct wish){ .cn = "Other CA", .authority = true });
	party("server", (struct wish){ .cn = "server" }, &ca);
	pki_put(ring_dir_of(dir, "server"), "signers/other.pem", other.certificate);
	party("stale", (struct wish){ .cn = "server" }, &ca);
	party("narrow", (struct wish){ .cn = "server" }, &ca);
	party("good", (struct wish){ .cn = "NETX.CTGAPP", .usage = "clientAuth" }, &ca);
	party("rsa", (struct wish){ .cn = "rsa", .rsa_bits = 2048 }, &ca);
	party("second", (struct wish){ .cn = "second", .issuer = &other }, &ca);
	party("expired", (struct wish){ .cn = "x", .from = -2 * DAY, .to = -DAY }, &ca);
	party("notyet", (struct wish){ .cn = "x", .from = DAY, .to = 2 * DAY }, &ca);
	party("noclientauth", (struct wish){ .cn = "x", .usage = "serverAuth" }, &ca);
	party("weak", (struct wish){ .cn = "x", .rsa_bits = 1024 }, &ca);
	party("both", (struct wish){ .cn = "x", .from = -2 * DAY, .to = -DAY, .usage = "serverAuth" }, &ca);
	pki_ring(ring_dir_of(dir, "none"), "", NULL, &ca);
	alone();
	deep("four", 4);
	deep("deep", 6);
	revoked();
	return 0;
}

static int
raze(void **state)
{
	(void)state;
	pki_remove(top);
	pki_free(&ca);
	pki_free(&other);
	return 0;
}

static struct tls_config *
config(enum way way, const char *ring, struct tls_options o, struct fault *f)
{
	struct tls_config *c = NULL;
	char dir[256];

	o.ring = pki_load(ring_dir_of(dir, ring), f);
	if (o.ring)
		c = tls_config_new(way, &o, f);
	ring_unref(o.ring);
	return c;
}

/* --- A bout: a server and a client over a pair of sockets, until both are done or nothing moves. */

struct bout {
	const char *server, *client; /* rings */
	int version;                 /* 12, 13 */
	bool no_question;            /* the server does not ask for a certificate */
	bool no_judge;
	enum tls_judgement judgement; /* the judge's result ... */
	bool by_chain;                /* ... or the chain alone decides */
	const char *name;             /* SNI */
	/* after that: */
	int fd[2];
	struct tls *s, *c;
	enum tls_result sr, cr; /* the last results; TLS_OK: the handshake is done, and a byte went each way */
	int asked, errors, code;
	bool chain_ok, null_certificate;
};

static enum tls_judgement
judge(void *arg, struct certificate *c, const struct cert_fault *why)
{
	struct bout *b = arg;

	(void)why;
	b->asked++;
	b->null_certificate = c == NULL;
	if (c) {
		b->errors = (int)c->chain.n;
		b->code = c->chain.n ? c->chain.error[0].code : 0;
		b->chain_ok = c->chain.ok;
	}
	if (b->by_chain)
		return c && c->chain.ok ? TLS_ACCEPT : TLS_REFUSE_CHAIN;
	return b->judgement;
}

struct end { /* one end: shakes hands, writes a byte, reads the other's byte */
	struct tls *tls;
	bool shaken, wrote;
	enum tls_result r;
};

static bool
over(const struct end *e)
{
	return e->r == TLS_OK || e->r == TLS_CLOSED || e->r == TLS_FAILED;
}

static void
advance(struct end *e)
{
	size_t n;
	char byte = 'x';

	if (over(e))
		return;
	if (!e->shaken) {
		e->r = tls_handshake(e->tls);
		e->shaken = e->r == TLS_OK;
		if (!e->shaken)
			return;
	}
	if (!e->wrote)
		e->wrote = tls_write(e->tls, &byte, 1, &n) == TLS_OK;
	e->r = tls_read(e->tls, &byte, 1, &n);
}

static void
drive(struct bout *b)
{
	struct end s = { .tls = b->s, .r = TLS_WANT_READ }, c = { .tls = b->c, .r = TLS_WANT_READ };
	int i;

	for (i = 0; i < 100 && !(over(&s) && over(&c)); i++) {
		advance(&c);
		advance(&s);
	}
	b->sr = s.r;
	b->cr = c.r;
}

static void
start(struct bout *b)
{
	struct fault f = { "" };
	struct tls_config *s = config(WAY_IN, b->server ? b->server : "server", (struct tls_options){ .ask_certificate = !b->no_question }, &f);
	struct tls_config *c = config(WAY_OUT, b->client ? b->client : "good",
		(struct tls_options){ .optional_own = true, .min_version = b->version, .max_version = b->version }, &f);

	if (s == NULL || c == NULL)
		fail_msg("%s", f.text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b->fd), 0);
	b->s = tls_new(s, WAY_IN, b->fd[0], b->no_judge ? NULL : judge, b);
	b->c = tls_new(c, WAY_OUT, b->fd[1], NULL, NULL);
	assert_true(b->s && b->c);
	if (b->name)
		tls_set_name(b->c, b->name);
	tls_config_unref(s); /* the streams hold their own references */
	tls_config_unref(c);
}

static void
end(struct bout *b)
{
	tls_free(b->s);
	tls_free(b->c);
	close(b->fd[0]);
	close(b->fd[1]);
}

/* --- What is expected of it. */

static void
let_in(struct bout b)
{
	for (b.version = 12; b.version <= 13; b.version++) {
		start(&b);
		drive(&b);
		if (b.sr != TLS_OK || b.cr != TLS_OK)
			fail_msg("1.%d, %s: server: %s; client: %s", b.version - 10, b.client, tls_ending(b.s)->reason, tls_ending(b.c)->reason);
		assert_string_equal(tls_version(b.s), b.version == 12 ? "TLSv1.2" : "TLSv1.3");
		assert_int_equal(b.asked, b.no_judge || b.no_question ? 0 : 1);
		assert_string_equal(tls_ending(b.s)->reason, "");
		end(&b);
		b.asked = 0;
	}
}

/* Refused with this alert, by number and name, at both ends; the judge was called exactly once. */
static void
turned_away(struct bout b, int alert, const char *name)
{
	const struct tls_ending *s, *c;

	for (b.version = 12; b.version <= 13; b.version++) {
		start(&b);
		drive(&b);
		s = tls_ending(b.s);
		c = tls_ending(b.c);
		if (b.sr != TLS_FAILED || b.cr != TLS_FAILED || c->alert != alert || s->alert != alert)
			fail_msg("1.%d, %s: server %d %s %s; client %d %s %s", b.version - 10, b.client, b.sr, s->alert_name, s->reason, b.cr,
				c->alert_name, c->reason);
		assert_string_equal(c->alert_name, name);
		assert_true(s->alert_sent);
		assert_false(c->alert_sent);
		assert_int_equal(b.asked, b.no_judge ? 0 : 1);
		assert_false(s->no_certificate || s->plain_text || s->severed);
		end(&b);
		b.asked = 0;
	}
}

static void
a_good_partner_is_let_in(void **state)
{
	(void)state;
	let_in((struct bout){ .client = "good", .by_chain = true });
	let_in((struct bout){ .client = "rsa", .by_chain = true });
	let_in((struct bout){ .client = "good", .no_judge = true });
	let_in((struct bout){ .client = "four", .by_chain = true });
}

static void
each_flaw_has_openssls_alert(void **state)
{
	static const struct {
		const char *ring;
		int alert;
		const char *name;
	} rows[] = {
		{ "expired", 45, "certificate_expired" }, { "notyet", 42, "bad_certificate" }, { "selfsigned", 48, "unknown_ca" },
		{ "revoked", 44, "certificate_revoked" }, { "noclientauth", 43, "unsupported_certificate" },
		{ "weak", 42, "bad_certificate" }, { "deep", 48, "unknown_ca" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		turned_away((struct bout){ .client = rows[i].ring, .by_chain = true }, rows[i].alert, rows[i].name);
		turned_away((struct bout){ .client = rows[i].ring, .no_judge = true }, rows[i].alert, rows[i].name);
	}
	turned_away((struct bout){ .server = "narrow", .client = "second", .by_chain = true }, 48, "unknown_ca");
}

static void
each_judgement_has_its_alert_for_a_good_chain(void **state)
{
	(void)state;
	turned_away((struct bout){ .judgement = TLS_REFUSE_POLICY }, 42, "bad_certificate");
	turned_away((struct bout){ .judgement = TLS_REFUSE_ERROR }, 80, "internal_error");
	turned_away((struct bout){ .judgement = TLS_REFUSE_CHAIN }, 42, "bad_certificate");
}

static void
a_judge_may_accept_what_openssl_dislikes(void **state)
{
	(void)state;
	let_in((struct bout){ .client = "expired", .judgement = TLS_ACCEPT });
	let_in((struct bout){ .client = "selfsigned", .judgement = TLS_ACCEPT });
	let_in((struct bout){ .client = "revoked", .judgement = TLS_ACCEPT });
}

static void
the_judge_sees_every_error_and_is_asked_once(void **state)
{
	struct bout b = { .client = "both", .version = 13, .by_chain = true };

	(void)state;
	start(&b);
	drive(&b);
	assert_int_equal(b.asked, 1);
	assert_int_equal(b.errors, 2); /* purpose and dates */
	assert_false(b.chain_ok);
	assert_int_equal(b.code, X509_V_ERR_INVALID_PURPOSE);
	end(&b);
}

static void
an_authority_without_a_crl_is_not_held_to_one(void **state)
{
	(void)state;
	let_in((struct bout){ .client = "second", .by_chain = true }); /* its CA has no CRL; the first CA has one */
	turned_away((struct bout){ .server = "stale", .client = "good", .by_chain = true }, 45, "certificate_expired"); /* the CRL is expired */
}

static void
no_certificate_ends_the_handshake_and_asks_nobody(void **state)
{
	int version;

	(void)state;
	for (version = 12; version <= 13; version++) {
		struct bout b = { .client = "none", .version = version, .judgement = TLS_ACCEPT };

		start(&b);
		drive(&b);
		assert_int_equal(b.sr, TLS_FAILED);
		assert_int_equal(b.cr, TLS_FAILED);
		assert_true(tls_ending(b.s)->no_certificate);
		assert_string_equal(tls_ending(b.c)->alert_name, version == 12 ? "handshake_failure" : "certificate_required");
		assert_int_equal(b.asked, 0);
		end(&b);
	}
}

static void
without_the_question_nobody_is_judged(void **state)
{
	(void)state;
	let_in((struct bout){ .client = "none", .no_question = true });
	let_in((struct bout){ .client = "good", .no_question = true });
}

static void
a_client_verifies_the_servers_chain(void **state)
{
	struct bout b = { .server = "selfsigned", .version = 13, .judgement = TLS_ACCEPT };

	(void)state;
	start(&b);
	drive(&b);
	assert_int_equal(b.cr, TLS_FAILED);
	assert_string_equal(tls_ending(b.c)->alert_name, "unknown_ca");
	assert_true(tls_ending(b.c)->alert_sent);
	assert_non_null(strstr(tls_ending(b.c)->reason, "self-signed certificate"));
	assert_int_equal(tls_ending(b.s)->alert, 48);
	assert_false(tls_ending(b.s)->alert_sent);
	end(&b);
}

static void
the_name_the_client_sends_is_known_but_not_a_number(void **state)
{
	static const char *const names[][2] = {
		{ "region.example", "region.example" }, { "127.0.0.1", "" }, { "::1", "" },
		/* the last dot of an absolute name does not belong to the SNI name */
		{ "localhost.", "localhost" }, { "region.example.", "region.example" }, { "127.0.0.1.", "" }, { ".", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct bout b = { .version = 13, .judgement = TLS_ACCEPT, .name = names[i][0] };

		start(&b);
		drive(&b);
		assert_int_equal(b.sr, TLS_OK);
		assert_string_equal(tls_sni(b.s), names[i][1]);
		assert_non_null(strstr(tls_cipher(b.s), "GCM"));
		end(&b);
	}
}

/* A server whose peer sends `bytes` and then ends. */
static void
hears(const char *bytes, size_t n, bool plain)
{
	struct bout b = { .version = 13 };
	enum tls_result r;

	start(&b);
	assert_int_equal(write(b.fd[1], bytes, n), n);
	shutdown(b.fd[1], SHUT_WR);
	r = tls_handshake(b.s);
	assert_int_equal(r, TLS_FAILED);
	assert_int_equal(tls_ending(b.s)->plain_text, plain);
	if (!plain)
		assert_string_equal(tls_ending(b.s)->reason, "connection closed by peer");
	assert_int_equal(tls_handshake(b.s), TLS_FAILED); /* the stream stays dead */
	end(&b);
}

static void
plain_text_is_told_from_a_peer_that_left(void **state)
{
	(void)state;
	hears("POST /ipic HTTP/1.1\r\n\r\n", 23, true);
	hears("hello there, anybody?", 21, true);
	hears("\x16\x03\x01\x02", 4, false);
	hears("", 0, false);
}

static void
a_client_knows_a_plain_server(void **state)
{
	struct bout b = { .version = 13 };

	(void)state;
	start(&b);
	assert_int_equal(tls_handshake(b.c), TLS_WANT_READ);
	assert_true(write(b.fd[0], "HTTP/1.1 400 Bad Request\r\n\r\n", 28) == 28);
	assert_int_equal(tls_handshake(b.c), TLS_FAILED);
	assert_true(tls_ending(b.c)->plain_text);
	end(&b);
}

static void
orderly_and_cut_ends_are_told_apart(void **state)
{
	struct bout b = { .version = 13, .judgement = TLS_ACCEPT };
	char record[64];
	ssize_t n;
	size_t got;

	(void)state;
	start(&b); /* after close_notify, writing continues in the other direction */
	drive(&b);
	assert_int_equal(tls_close_notify(b.c), TLS_OK);
	assert_int_equal(tls_read(b.s, record, 1, &got), TLS_CLOSED);
	assert_int_equal(tls_write(b.s, "y", 1, &got), TLS_OK);
	assert_int_equal(tls_read(b.c, record, 1, &got), TLS_OK);
	end(&b);
	start(&b); /* an end of input between records */
	drive(&b);
	shutdown(b.fd[1], SHUT_WR);
	assert_int_equal(tls_read(b.s, record, 1, &got), TLS_CLOSED);
	end(&b);
	start(&b); /* an end of input inside a record */
	drive(&b);
	assert_int_equal(tls_write(b.c, "0123456789", 10, &got), TLS_OK);
	n = recv(b.fd[0], record, sizeof record, 0);
	assert_true(n > 20);
	assert_int_equal(write(b.fd[1], record, 15), 15);
	shutdown(b.fd[1], SHUT_WR);
	assert_int_equal(tls_read(b.s, record, 1, &got), TLS_FAILED);
	assert_string_equal(tls_ending(b.s)->reason, "connection closed by peer");
	end(&b);
}

static void
what_was_read_ahead_is_pending(void **state)
{
	struct bout b = { .version = 13, .judgement = TLS_ACCEPT };
	char got[8];
	size_t n;

	(void)state;
	start(&b);
	drive(&b);
	assert_int_equal(tls_pending(b.s), 0);
	assert_int_equal(tls_write(b.c, "abc", 3, &n), TLS_OK);
	assert_int_equal(tls_write(b.c, "def", 3, &n), TLS_OK);
	assert_int_equal(tls_read(b.s, got, 1, &n), TLS_OK);
	assert_int_equal(tls_pending(b.s), 2);
	assert_int_equal(tls_read(b.s, got, 2, &n), TLS_OK);
	assert_true(tls_pending(b.s) > 0); /* the second record came with the first */
	assert_int_equal(tls_read(b.s, got, 8, &n), TLS_OK);
	assert_int_equal(n, 3);
	assert_int_equal(tls_read(b.s, got, 8, &n), TLS_WANT_READ);
	assert_int_equal(tls_pending(b.s), 0);
	end(&b);
}

static void
a_stream_that_rests_loses_no_byte(void **state)
{
	static const int versions[] = { 12, 13 };
	char got[8] = "";
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		struct bout b = { .version = versions[i], .judgement = TLS_ACCEPT };

		start(&b);
		tls_rest(b.s); /* before the handshake it has no effect */
		drive(&b);
		assert_int_equal(tls_write(b.c, "abc", 3, &n), TLS_OK);
		assert_int_equal(tls_write(b.c, "def", 3, &n), TLS_OK);
		tls_rest(b.c);
		assert_int_equal(tls_read(b.s, got, 1, &n), TLS_OK);
		tls_rest(b.s); /* a part of a record, and a record behind it */
		assert_int_equal(tls_read(b.s, got + 1, 2, &n), TLS_OK);
		tls_rest(b.s);
		assert_int_equal(tls_read(b.s, got + 3, 3, &n), TLS_OK);
		assert_memory_equal(got, "abcdef", 6);
		tls_rest(b.s);
		assert_int_equal(tls_write(b.s, "ghi", 3, &n), TLS_OK);
		tls_rest(b.s);
		assert_int_equal(tls_read(b.c, got, 3, &n), TLS_OK);
		assert_memory_equal(got, "ghi", 3);
		end(&b);
	}
}

/* Whether the bytes stand in memory that malloc has or had. */
static bool
heap_holds(const char *bytes, size_t n)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[256];
	bool found = false;

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, "[heap]") != NULL && sscanf(line, "%lx-%lx", &from, &to) == 2)
			found = found || memmem((void *)(uintptr_t)from, to - from, bytes, n) != NULL;
	fclose(maps);
	return found;
}

static void
a_stream_that_rests_leaves_no_plain_bytes(void **state)
{
	struct bout b = { .version = 13, .judgement = TLS_ACCEPT };
	char secret[200], got[200];
	char *control = malloc(sizeof secret);
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof secret; i++)
		secret[i] = (char)(i * 37 + 11);
	memcpy(control, secret, sizeof secret);
	if (!heap_holds(control, sizeof secret)) { /* a sanitizer's malloc has its memory elsewhere */
		free(control);
		skip();
	}
	explicit_bzero(control, sizeof secret);
	start(&b);
	drive(&b);
	assert_int_equal(tls_write(b.c, secret, sizeof secret, &n), TLS_OK);
	tls_rest(b.c);
	assert_int_equal(tls_read(b.s, got, sizeof got, &n), TLS_OK);
	assert_memory_equal(got, secret, sizeof secret);
	tls_rest(b.s);
	assert_false(heap_holds(secret + 16, sizeof secret - 16)); /* malloc writes into the first bytes of free memory */
	free(control);
	end(&b);
}

static void
suites_are_the_listed_ones_or_a_fault_by_name(void **state)
{
	struct tls_options o = { .ciphers = "C030 1302" };
	struct fault f = { "" };
	struct tls_config *c;

	(void)state;
	c = config(WAY_IN, "server", o, &f);
	assert_non_null(c);
	tls_config_unref(c);
	o.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384:TLS_AES_128_GCM_SHA256";
	c = config(WAY_IN, "server", o, &f);
	assert_non_null(c);
	tls_config_unref(c);
	o.ciphers = "C030 C014";
	assert_null(config(WAY_IN, "server", o, &f));
	assert_non_null(strstr(f.text, "C014"));
	o.ciphers = "FFFE";
	assert_null(config(WAY_IN, "server", o, &f));
	assert_non_null(strstr(f.text, "FFFE"));
	o.ciphers = "C02B"; /* a suite of TLS 1.2 only */
	o.min_version = 13;
	assert_null(config(WAY_IN, "server", o, &f));
	assert_non_null(strstr(f.text, "no version of TLS"));
}

static void
a_region_has_a_strong_certificate_or_none(void **state)
{
	struct fault f = { "" };

	(void)state;
	assert_null(config(WAY_IN, "none", (struct tls_options){ 0 }, &f));
	assert_non_null(strstr(f.text, "LABEL.key"));
	assert_null(config(WAY_IN, "server", (struct tls_options){ .label = "CAROL" }, &f));
	assert_non_null(strstr(f.text, "CAROL"));
	assert_null(config(WAY_IN, "weak", (struct tls_options){ 0 }, &f));
	assert_non_null(strstr(f.text, "too small"));
}

static void
tokens_are_22_digits_and_differ(void **state)
{
	char a[TOKEN_SIZE], b[TOKEN_SIZE];

	(void)state;
	assert_int_equal(tls_token(a), 0);
	assert_int_equal(tls_token(b), 0);
	assert_int_equal(strlen(a), 22);
	assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 22);
	assert_non_null(strchr("AQgw", a[21])); /* 128 bits leave four of the last digit's six bits zero */
	assert_true(tls_token_same(a, a));
	assert_false(tls_token_same(a, b));
	assert_false(tls_token_same(a, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_partner_is_let_in),
		cmocka_unit_test(each_flaw_has_openssls_alert),
		cmocka_unit_test(each_judgement_has_its_alert_for_a_good_chain),
		cmocka_unit_test(a_judge_may_accept_what_openssl_dislikes),
		cmocka_unit_test(the_judge_sees_every_error_and_is_asked_once),
		cmocka_unit_test(an_authority_without_a_crl_is_not_held_to_one),
		cmocka_unit_test(no_certificate_ends_the_handshake_and_asks_nobody),
		cmocka_unit_test(without_the_question_nobody_is_judged),
		cmocka_unit_test(a_client_verifies_the_servers_chain),
		cmocka_unit_test(the_name_the_client_sends_is_known_but_not_a_number),
		cmocka_unit_test(plain_text_is_told_from_a_peer_that_left),
		cmocka_unit_test(a_client_knows_a_plain_server),
		cmocka_unit_test(orderly_and_cut_ends_are_told_apart),
		cmocka_unit_test(what_was_read_ahead_is_pending),
		cmocka_unit_test(a_stream_that_rests_loses_no_byte),
		cmocka_unit_test(a_stream_that_rests_leaves_no_plain_bytes),
		cmocka_unit_test(suites_are_the_listed_ones_or_a_fault_by_name),
		cmocka_unit_test(a_region_has_a_strong_certificate_or_none),
		cmocka_unit_test(tokens_are_22_digits_and_differ),
	};

	return cmocka_run_group_tests(tests, build, raze);
}
