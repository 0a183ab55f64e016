/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "net/io.h"
#include "spec/support/pki.h"

#define DEADLINE 10.

/* --- An owner that writes down what it is told, and the wire to its peer. */

struct party {
	struct io io;
	struct ev_loop *loop;
	char told[64];        /* the events in order, one letter each: F C H D L E X B */
	char answer[64];      /* sent with io_write at the first IO_DATA */
	char close_at;        /* at this event: io_close, and the memory counts as freed */
	char linger_at;       /* at this event: io_linger */
	char pause_at;
	bool secure;          /* start TLS at IO_FIRST or IO_CONNECTED */
	bool consume;         /* consume everything at IO_DATA */
	void (*between)(void *); /* called at the first IO_DATA: what the peer does between reading and writing */
	void *peer;
	size_t taken;         /* bytes consumed */
	size_t most;          /* the greatest length of `in` */
	struct tls_config *config;
	enum way way;
	enum tls_judgement judgement;
};

static const char letters[] = "FCHDLEXB"; /* in the order of enum io_event */
static char top[64];
static struct tls_config *server, *client;

static enum tls_judgement
judge(void *arg, struct certificate *c, const struct cert_fault *why)
{
	(void)c;
	(void)why;
	return ((struct party *)arg)->judgement;
}

static void
swallow(struct party *p)
{
	size_t n = buf_len(&p->io.in);

	if (n > p->most)
		p->most = n;
	if (!p->consume)
		return;
	p->taken += n;
	buf_consume(&p->io.in, n);
	io_consumed(&p->io);
}

static void
on_event(void *owner, enum io_event e)
{
	struct party *p = owner;
	size_t n = strlen(p->told);
	char letter = letters[e];

	if (n < sizeof p->told - 1 && !(n && p->told[n - 1] == 'D' && letter == 'D'))
		p->told[n] = letter; /* the kernel decides how many IO_DATA follow each other */
	if (p->secure && (e == IO_FIRST || e == IO_CONNECTED))
		io_start_tls(&p->io, tls_new(p->config, p->way, p->io.fd, judge, p));
	if (e == IO_DATA)
		swallow(p);
	if (e == IO_DATA && p->answer[0]) {
		assert_int_equal(io_write(&p->io, p->answer, strlen(p->answer)), 0);
		p->answer[0] = '\0';
	}
	if (e == IO_DATA && p->between != NULL) {
		p->between(p->peer);
		p->between = NULL;
	}
	if (letter == p->pause_at)
		io_pause(&p->io, true);
	if (letter == p->linger_at)
		io_linger(&p->io);
	if (letter == p->close_at) {
		io_close(&p->io);
		memset(&p->io, 0xa5, sizeof p->io); /* as if freed: any later use fails */
	}
}

/* A TCP connection over loopback: fd[0] was accepted, fd[1] dialled. */
static void
tcp_pair(int fd[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(l, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(l, 1), 0);
	getsockname(l, (struct sockaddr *)&a, &size);
	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[1], (struct sockaddr *)&a, sizeof a), 0);
	fd[0] = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd[0] >= 0);
	close(l);
}

static void
reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

/* Opens an accepted socket with `p` as its owner; returns the peer's end. */
static int
accepted(struct party *p, size_t in_max)
{
	int fd[2];

	tcp_pair(fd);
	p->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	io_open(&p->io, p->loop, fd[0], false, in_max, on_event, p);
	return fd[1];
}

static bool
has_told(const struct party *p, char letter)
{
	return strchr(p->told, letter) != NULL;
}

/* A timer, so that a loop without other watchers returns. */
static void
tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

static void
turn(struct ev_loop *loop)
{
	ev_timer t;

	ev_timer_init(&t, tick, 0.02, 0.);
	ev_timer_start(loop, &t);
	ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &t);
}

#define until(p, condition) do { \
	double late = ev_time() + DEADLINE; \
	while (!(condition) && ev_time() < late) \
		turn((p)->loop); \
	if (!(condition)) \
		fail_msg("never: %s (told: %s; error: %s)", #condition, (p)->told, (p)->io.error); \
} while (0)

/* Reads at the peer until the end, while the loop runs. Returns the number of bytes, -1 for a reset. */
static ssize_t
peer_reads(struct party *p, int fd, char *to, size_t size)
{
	double late = ev_time() + DEADLINE;
	size_t have = 0;
	ssize_t n = 1;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (ev_time() < late && n != 0) {
		n = recv(fd, to + have, size - have, 0);
		have += n > 0 ? (size_t)n : 0;
		if (n < 0 && errno != EAGAIN)
			return -1;
		if (n < 0)
			turn(p->loop);
	}
	assert_int_equal(n, 0);
	return (ssize_t)have;
}

static void
done(struct party *p)
{
	ev_loop_destroy(p->loop);
}

/* --- Plain. */

static void
an_answer_follows_a_request(void **state)
{
	struct party p = { .consume = true, .answer = "pong" };
	int peer = accepted(&p, 100);
	char got[8];

	(void)state;
	assert_int_equal(write(peer, "ping", 4), 4);
	until(&p, has_told(&p, 'L'));
	assert_string_equal(p.told, "FDL");
	assert_int_equal(read(peer, got, sizeof got), 4);
	assert_memory_equal(got, "pong", 4);
	io_close(&p.io);
	io_close(&p.io);
	close(peer);
	done(&p);
}

static void
the_first_byte_is_peeked_not_taken(void **state)
{
	struct party p = { .pause_at = 'F' };
	int peer = accepted(&p, 100);

	(void)state;
	assert_int_equal(io_first(&p.io), -1);
	assert_int_equal(write(peer, "ping", 4), 4);
	until(&p, has_told(&p, 'F'));
	assert_int_equal(io_first(&p.io), 'p');
	turn(p.loop);
	assert_string_equal(p.told, "F"); /* paused: nothing is read */
	p.pause_at = 0;
	io_pause(&p.io, false);
	until(&p, has_told(&p, 'D'));
	assert_int_equal(buf_len(&p.io.in), 4);
	io_close(&p.io);
	close(peer);
	done(&p);
}

static void
an_end_is_told_from_a_reset(void **state)
{
	struct party p = { 0 }, q = { 0 }, r = { 0 };
	int peer = accepted(&p, 100), other = accepted(&q, 100), third = accepted(&r, 100);

	(void)state;
	shutdown(peer, SHUT_WR); /* before the first byte */
	until(&p, has_told(&p, 'E'));
	assert_string_equal(p.told, "E");
	reset(other);
	until(&q, has_told(&q, 'X'));
	assert_string_equal(q.told, "X");
	assert_string_equal(q.io.error, "connection reset by peer");
	assert_int_equal(write(third, "abc", 3), 3); /* bytes before the end stay */
	close(third);
	until(&r, has_told(&r, 'E'));
	assert_string_equal(r.told, "FDE");
	assert_int_equal(buf_len(&r.io.in), 3);
	io_close(&p.io);
	io_close(&q.io);
	io_close(&r.io);
	close(peer);
	done(&p);
	done(&q);
	done(&r);
}

static void
an_end_waits_while_paused(void **state)
{
	struct party p = { .pause_at = 'D' };
	int peer = accepted(&p, 100);

	(void)state;
	assert_int_equal(write(peer, "abc", 3), 3);
	close(peer);
	until(&p, has_told(&p, 'D'));
	turn(p.loop);
	assert_string_equal(p.told, "FD");
	io_pause(&p.io, false);
	until(&p, has_told(&p, 'E'));
	io_close(&p.io);
	done(&p);
}

static void
reading_stops_while_full_and_goes_on_when_consumed(void **state)
{
	struct party p = { 0 };
	int peer = accepted(&p, 1000);
	char bytes[5000] = { 0 };

	(void)state;
	assert_int_equal(write(peer, bytes, sizeof bytes), sizeof bytes);
	shutdown(peer, SHUT_WR);
	until(&p, buf_len(&p.io.in) == 1000);
	turn(p.loop);
	assert_int_equal(buf_len(&p.io.in), 1000);
	p.consume = true;
	swallow(&p);
	until(&p, has_told(&p, 'E'));
	assert_int_equal(p.taken, 5000);
	assert_int_equal(p.most, 1000);
	io_close(&p.io);
	close(peer);
	done(&p);
}

static void
any_event_may_be_the_one_that_closes(void **state)
{
	static const char at[] = "FDLE";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof at - 1; i++) {
		struct party p = { .close_at = at[i], .answer = "pong", .consume = true };
		int peer = accepted(&p, 100);

		assert_int_equal(write(peer, "ping", 4), 4);
		shutdown(peer, SHUT_WR);
		until(&p, has_told(&p, at[i]));
		turn(p.loop);
		assert_int_equal(p.told[strlen(p.told) - 1], at[i]); /* nothing after it */
		close(peer);
		done(&p);
	}
}

static void
a_million_bytes_go_out_in_order(void **state)
{
	enum { MANY = 1000000 };
	struct party p = { 0 };
	int peer = accepted(&p, 100);
	unsigned char *bytes = malloc(MANY), *got = malloc(MANY);
	size_t i;

	(void)state;
	for (i = 0; i < MANY; i++)
		bytes[i] = (unsigned char)(i * 7919 >> 8);
	assert_int_equal(io_write(&p.io, bytes, MANY), 0);
	assert_string_equal(p.told, "");
	io_linger(&p.io);
	assert_int_equal(io_write(&p.io, "x", 1), -1); /* too late */
	assert_int_equal(peer_reads(&p, peer, (char *)got, MANY), MANY);
	assert_memory_equal(got, bytes, MANY);
	close(peer);
	until(&p, has_told(&p, 'B'));
	assert_string_equal(p.told, "B");
	free(bytes);
	free(got);
	done(&p);
}

static void
more_than_16_mib_are_not_queued(void **state)
{
	struct party p = { 0 };
	int peer = accepted(&p, 100);
	char *chunk = calloc(1, 1 << 20);
	int i;

	(void)state;
	for (i = 0; i < 16; i++)
		assert_int_equal(io_write(&p.io, chunk, 1 << 20), 0);
	assert_int_equal(io_write(&p.io, "x", 1), -1);
	io_close(&p.io);
	close(peer);
	free(chunk);
	done(&p);
}

/* --- The lingering close. */

static void
a_peer_still_sending_reads_the_last_answer(void **state)
{
	struct party p = { .answer = "413", .linger_at = 'D' };
	int peer = accepted(&p, 1000);
	char *bytes = calloc(1, 200000), got[16];

	(void)state;
	fcntl(peer, F_SETFL, O_NONBLOCK);
	assert_true(write(peer, bytes, 200000) > 10000);
	assert_int_equal(peer_reads(&p, peer, got, sizeof got), 3);
	assert_memory_equal(got, "413", 3);
	assert_false(has_told(&p, 'B')); /* it waits for the peer's end ... */
	close(peer);
	until(&p, has_told(&p, 'B'));
	assert_string_equal(p.told, "FDB"); /* ... and no other event comes */
	assert_int_equal(p.io.fd, -1);
	io_close(&p.io);
	free(bytes);
	done(&p);
}

static void
lingering_ends_after_a_second_or_256_kib(void **state)
{
	struct party p = { 0 }, q = { 0 };
	int peer = accepted(&p, 100), other = accepted(&q, 100);
	char *bytes = calloc(1, 65536);
	double began = ev_time();

	(void)state;
	io_linger(&p.io);
	io_linger(&p.io);
	assert_string_equal(p.told, ""); /* not inside the call */
	until(&p, has_told(&p, 'B'));
	assert_true(ev_time() - began >= 0.9);
	assert_string_equal(p.told, "B");
	began = ev_time();
	io_linger(&q.io);
	fcntl(other, F_SETFL, O_NONBLOCK);
	while (!has_told(&q, 'B') && ev_time() - began < DEADLINE) {
		(void)!write(other, bytes, 65536);
		turn(q.loop);
	}
	assert_string_equal(q.told, "B");
	assert_true(q.io.discarded >= IO_LINGER_BYTES && q.io.discarded < IO_LINGER_BYTES + 65536);
	close(peer);
	close(other);
	free(bytes);
	done(&p);
	done(&q);
}

static void
refuse_and_reset(void *fd)
{
	assert_int_equal(write(*(int *)fd, "no", 2), 2);
	reset(*(int *)fd);
}

static void
a_refusal_is_read_although_our_write_failed_first(void **state)
{
	struct party p = { .answer = "request", .between = refuse_and_reset };
	int peer = accepted(&p, 1000);

	(void)state;
	p.peer = &peer;
	assert_int_equal(write(peer, "hi ", 3), 3);
	until(&p, has_told(&p, 'X'));
	assert_string_equal(p.told, "FDX");
	assert_string_equal(p.io.error, "connection reset by peer");
	assert_int_equal(buf_len(&p.io.in), 5);
	assert_memory_equal(buf_bytes(&p.io.in), "hi no", 5);
	io_close(&p.io);
	done(&p);
}

static void
after_an_end_or_a_failure_lingering_is_short(void **state)
{
	struct party p = { .linger_at = 'E' }, q = { .linger_at = 'X' };
	int peer = accepted(&p, 100), other = accepted(&q, 100);
	double began = ev_time();

	(void)state;
	close(peer);
	reset(other);
	until(&p, has_told(&p, 'B'));
	until(&q, has_told(&q, 'B'));
	assert_string_equal(p.told, "EB");
	assert_string_equal(q.told, "XB");
	assert_true(ev_time() - began < 0.9);
	done(&p);
	done(&q);
}

static void
burial_may_be_the_owners_end_too(void **state)
{
	struct party p = { .linger_at = 'E', .close_at = 'B' };
	int peer = accepted(&p, 100);

	(void)state;
	close(peer);
	until(&p, has_told(&p, 'B'));
	assert_string_equal(p.told, "EB");
	done(&p);
}

/* --- Dialling. */

static int
dial(struct party *p, struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), rc = connect(fd, (struct sockaddr *)a, sizeof *a);

	assert_true(rc == 0 || errno == EINPROGRESS);
	if (p->loop == NULL)
		p->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	io_open(&p->io, p->loop, fd, true, 100000, on_event, p);
	return fd;
}

static int
listener(struct sockaddr_in *a)
{
	socklen_t size = sizeof *a;
	int l = socket(AF_INET, SOCK_STREAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(l, (struct sockaddr *)a, sizeof *a), 0);
	assert_int_equal(listen(l, 4), 0);
	getsockname(l, (struct sockaddr *)a, &size);
	return l;
}

static void
dialling_tells_when_it_stands_and_when_nobody_listens(void **state)
{
	struct party p = { 0 }, q = { 0 };
	struct sockaddr_in a;
	int l = listener(&a);

	(void)state;
	dial(&p, &a);
	until(&p, has_told(&p, 'C'));
	io_close(&p.io);
	close(l);
	dial(&q, &a);
	until(&q, has_told(&q, 'X'));
	assert_string_equal(q.told, "X");
	assert_string_equal(q.io.error, "Connection refused");
	io_close(&q.io);
	done(&p);
	done(&q);
}

/* --- TLS: a server and a client, both io, on one loop. */

struct link {
	struct party s, c;
};

static void
link_up(struct link *k)
{
	struct sockaddr_in a;
	int l = listener(&a), fd;

	k->s.loop = k->c.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	k->s.secure = k->c.secure = true;
	k->s.way = WAY_IN;
	k->c.way = WAY_OUT;
	k->s.config = server;
	k->c.config = client;
	k->c.judgement = TLS_ACCEPT;
	dial(&k->c, &a);
	fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd >= 0);
	close(l);
	io_open(&k->s.io, k->s.loop, fd, false, k->s.most ? k->s.most : 100000, on_event, &k->s);
	k->s.most = 0;
}

static void
link_down(struct link *k)
{
	io_close(&k->s.io);
	io_close(&k->c.io);
	ev_loop_destroy(k->s.loop);
}

static void
tls_carries_bytes_both_ways_and_ends_in_order(void **state)
{
	struct link k = { .s = { .judgement = TLS_ACCEPT, .consume = true, .answer = "pong", .linger_at = 'E' }, .c = { .linger_at = 'D' } };

	(void)state;
	link_up(&k);
	until(&k.c, has_told(&k.c, 'H'));
	assert_int_equal(io_write(&k.c.io, "ping", 4), 0);
	until(&k.c, has_told(&k.c, 'B'));
	until(&k.s, has_told(&k.s, 'B'));
	assert_string_equal(k.s.told, "FHDLEB");
	assert_string_equal(k.c.told, "CHLDB");
	link_down(&k);
}

static void
a_lot_goes_through_a_small_window(void **state)
{
	enum { MANY = 3000000 };
	struct link k = { .s = { .judgement = TLS_ACCEPT, .consume = true, .most = 777 } };
	char *bytes = calloc(1, MANY);

	(void)state;
	link_up(&k);
	until(&k.c, has_told(&k.c, 'H'));
	assert_int_equal(io_write(&k.c.io, bytes, MANY), 0);
	until(&k.s, k.s.taken == MANY);
	assert_true(k.s.most <= 777);
	assert_true(has_told(&k.c, 'L'));
	link_down(&k);
	free(bytes);
}

static void
bytes_held_by_tls_are_not_forgotten_over_a_pause(void **state)
{
	struct link k = { .s = { .judgement = TLS_ACCEPT, .most = 5, .pause_at = 'D' } };

	(void)state;
	link_up(&k);
	until(&k.c, has_told(&k.c, 'H'));
	assert_int_equal(io_write(&k.c.io, "0123456789", 10), 0);
	until(&k.s, buf_len(&k.s.io.in) == 5);
	k.s.pause_at = 0;
	k.s.consume = true;
	swallow(&k.s);
	turn(k.s.loop);
	assert_int_equal(k.s.taken, 5); /* still paused */
	io_pause(&k.s.io, false);
	until(&k.s, k.s.taken == 10); /* no byte is left in the kernel that could wake it */
	link_down(&k);
}

/* In another thread: takes the server's side, hears what TLS holds, and gives it back. */
static void *
take_elsewhere(void *arg)
{
	struct party *p = arg;

	p->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	io_take(&p->io, p->loop);
	assert_int_equal(p->taken, 5); /* no event inside io_take */
	io_pause(&p->io, false);
	until(p, p->taken == 10);
	assert_int_equal(io_write(&p->io, "pong", 4), 0);
	until(p, has_told(p, 'L'));
	io_hand_over(&p->io);
	ev_loop_destroy(p->loop);
	return NULL;
}

static void
another_thread_takes_a_socket_with_the_bytes_that_tls_holds(void **state)
{
	struct link k = { .s = { .judgement = TLS_ACCEPT, .most = 5, .pause_at = 'D' }, .c = { .consume = true } };
	struct ev_loop *home;
	pthread_t thread;

	(void)state;
	link_up(&k);
	home = k.s.loop;
	until(&k.c, has_told(&k.c, 'H'));
	assert_int_equal(io_write(&k.c.io, "0123456789", 10), 0);
	until(&k.s, buf_len(&k.s.io.in) == 5);
	k.s.pause_at = 0;
	k.s.consume = true;
	swallow(&k.s);
	io_hand_over(&k.s.io);
	turn(home);
	assert_int_equal(pthread_create(&thread, NULL, take_elsewhere, &k.s), 0);
	pthread_join(thread, NULL);
	until(&k.c, k.c.taken == 4);
	k.s.loop = home;
	io_take(&k.s.io, home);
	assert_int_equal(io_write(&k.c.io, "again", 5), 0);
	until(&k.s, k.s.taken == 15);
	link_down(&k);
}

static void
a_plain_socket_that_was_readable_is_read_by_the_loop_that_takes_it(void **state)
{
	struct party p = { .pause_at = 'D', .consume = true };
	int peer = accepted(&p, 100);
	struct ev_loop *first = p.loop;

	(void)state;
	assert_int_equal(write(peer, "one", 3), 3);
	until(&p, p.taken == 3);
	p.pause_at = 0;
	io_hand_over(&p.io);
	assert_int_equal(write(peer, "two", 3), 3);
	shutdown(peer, SHUT_WR);
	turn(first);
	assert_int_equal(p.taken, 3);
	p.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	io_take(&p.io, p.loop);
	io_pause(&p.io, false);
	until(&p, has_told(&p, 'E'));
	assert_int_equal(p.taken, 6);
	io_close(&p.io);
	close(peer);
	ev_loop_destroy(first);
	done(&p);
}

static void
a_refused_client_reads_the_alert_before_the_end(void **state)
{
	struct link k = { .s = { .judgement = TLS_REFUSE_POLICY, .linger_at = 'X' } };

	(void)state;
	link_up(&k);
	until(&k.c, has_told(&k.c, 'H')); /* TLS 1.3: the client has finished its handshake */
	io_write(&k.c.io, "POST", 4);
	until(&k.c, has_told(&k.c, 'X'));
	assert_string_equal(tls_ending(k.c.io.tls)->alert_name, "bad_certificate");
	assert_false(has_told(&k.s, 'H'));
	io_close(&k.c.io);
	until(&k.s, has_told(&k.s, 'B'));
	assert_string_equal(k.s.told, "FXB");
	link_down(&k);
}

/* A record that cannot be decrypted makes the server send a fatal alert; then its socket is reset. */
static void
alert_and_reset(void *arg)
{
	static const char record[5 + 32] = "\x17\x03\x03\x00\x20";
	struct link *k = arg;
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	char none[100];
	size_t got;

	assert_int_equal(write(k->c.io.fd, record, sizeof record), sizeof record);
	assert_int_equal(tls_read(k->s.io.tls, none, sizeof none, &got), TLS_FAILED);
	setsockopt(k->s.io.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	io_close(&k->s.io);
}

static void
an_alert_is_read_although_our_write_failed_first(void **state)
{
	struct link k = { .s = { .judgement = TLS_ACCEPT }, .c = { .answer = "request", .between = alert_and_reset } };

	(void)state;
	k.c.peer = &k;
	link_up(&k);
	until(&k.s, has_told(&k.s, 'H'));
	assert_int_equal(io_write(&k.s.io, "hi", 2), 0);
	until(&k.c, has_told(&k.c, 'X'));
	assert_string_equal(tls_ending(k.c.io.tls)->alert_name, "bad_record_mac");
	assert_non_null(strstr(k.c.io.error, "bad record mac"));
	assert_false(tls_ending(k.c.io.tls)->alert_sent);
	io_close(&k.c.io);
	ev_loop_destroy(k.s.loop);
}

static void
plain_text_to_tls_and_a_reset_in_the_handshake_are_failures(void **state)
{
	struct party p = { .secure = true, .way = WAY_IN, .config = server }, q = p;
	int peer = accepted(&p, 1000), other = accepted(&q, 1000);

	(void)state;
	assert_int_equal(write(peer, "GET / HTTP/1.0\r\n\r\n", 18), 18);
	until(&p, has_told(&p, 'X'));
	assert_string_equal(p.told, "FX");
	assert_true(tls_ending(p.io.tls)->plain_text);
	io_close(&p.io);
	close(peer);
	assert_int_equal(write(other, "\x16\x03\x01", 3), 3);
	until(&q, has_told(&q, 'F'));
	reset(other);
	until(&q, has_told(&q, 'X'));
	assert_string_equal(q.io.error, "connection reset by peer");
	io_close(&q.io);
	done(&p);
	done(&q);
}

static void
any_event_of_tls_may_be_the_one_that_closes(void **state)
{
	static const char at[] = "FHDLEX";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof at - 1; i++) {
		struct link k = { .s = { .judgement = at[i] == 'X' ? TLS_REFUSE_CHAIN : TLS_ACCEPT, .close_at = at[i], .answer = "pong" } };

		link_up(&k);
		until(&k.c, has_told(&k.c, 'H') || has_told(&k.c, 'X'));
		io_write(&k.c.io, "ping", 4);
		io_linger(&k.c.io);
		until(&k.s, has_told(&k.s, at[i]));
		turn(k.s.loop);
		assert_int_equal(k.s.told[strlen(k.s.told) - 1], at[i]);
		io_close(&k.c.io);
		ev_loop_destroy(k.s.loop);
	}
}

/* --- */

static struct tls_config *
config(enum way way, const char *name, const struct identity *ca)
{
	struct tls_options o = { .ask_certificate = true };
	struct identity id = pki_make((struct wish){ .cn = name, .issuer = ca });
	struct fault f = { "" };
	struct tls_config *c;
	char dir[256];

	pki_ring(pki_path(dir, top, name), name, &id, ca);
	o.ring = pki_load(dir, &f);
	c = o.ring ? tls_config_new(way, &o, &f) : NULL;
	if (c == NULL)
		fail_msg("%s", f.text);
	ring_unref(o.ring);
	pki_free(&id);
	return c;
}

static int
build(void **state)
{
	struct identity ca = pki_make((struct wish){ .cn = "CA", .authority = true });

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	pki_temp(top);
	server = config(WAY_IN, "server", &ca);
	client = config(WAY_OUT, "client", &ca);
	pki_free(&ca);
	return 0;
}

static int
raze(void **state)
{
	(void)state;
	tls_config_unref(server);
	tls_config_unref(client);
	pki_remove(top);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_follows_a_request),
		cmocka_unit_test(the_first_byte_is_peeked_not_taken),
		cmocka_unit_test(an_end_is_told_from_a_reset),
		cmocka_unit_test(an_end_waits_while_paused),
		cmocka_unit_test(reading_stops_while_full_and_goes_on_when_consumed),
		cmocka_unit_test(any_event_may_be_the_one_that_closes),
		cmocka_unit_test(a_million_bytes_go_out_in_order),
		cmocka_unit_test(more_than_16_mib_are_not_queued),
		cmocka_unit_test(a_peer_still_sending_reads_the_last_answer),
		cmocka_unit_test(lingering_ends_after_a_second_or_256_kib),
		cmocka_unit_test(a_refusal_is_read_although_our_write_failed_first),
		cmocka_unit_test(after_an_end_or_a_failure_lingering_is_short),
		cmocka_unit_test(burial_may_be_the_owners_end_too),
		cmocka_unit_test(dialling_tells_when_it_stands_and_when_nobody_listens),
		cmocka_unit_test(tls_carries_bytes_both_ways_and_ends_in_order),
		cmocka_unit_test(a_lot_goes_through_a_small_window),
		cmocka_unit_test(bytes_held_by_tls_are_not_forgotten_over_a_pause),
		cmocka_unit_test(another_thread_takes_a_socket_with_the_bytes_that_tls_holds),
		cmocka_unit_test(a_plain_socket_that_was_readable_is_read_by_the_loop_that_takes_it),
		cmocka_unit_test(a_refused_client_reads_the_alert_before_the_end),
		cmocka_unit_test(an_alert_is_read_although_our_write_failed_first),
		cmocka_unit_test(plain_text_to_tls_and_a_reset_in_the_handshake_are_failures),
		cmocka_unit_test(any_event_of_tls_may_be_the_one_that_closes),
	};

	return cmocka_run_group_tests(tests, build, raze);
}
