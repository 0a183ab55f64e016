/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partners KIND PORT SECONDS CONCURRENCY [VERSION CERTIFICATE KEY AUTHORITY FIRST [REQUEST]]: the partners of `peers`,
 * in one thread. VERSION is 1.2 or 1.3; FIRST and REQUEST are files with a message. KIND:
 *   connections   connects, shakes hands, sends FIRST, reads the answer, closes; again and again
 *   arrivals      the same, CONCURRENCY times a second, however many are under way; the time of each counts from the
 *                 moment at which it was to begin
 *   requests      opens CONCURRENCY connections with FIRST, then sends REQUEST on each, one after the other
 *   denied        connects without TLS and waits until the server closes or resets the connection
 *   idle          opens CONCURRENCY connections with FIRST, 16 at a time, prints a line, holds them until its input ends
 * Prints "done=N failed=N seconds=S p50=US p99=US": the exchanges within SECONDS. An answer begins with "HTTP/1.1 200".
 */
#include "base/latency.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define OPENING 16 /* idle connections that are opened at a time: the memory of handshakes is not that of links */
#define SOURCES 16 /* addresses 127.0.0.2 and so on, so that ports do not run out */

enum kind { CONNECTIONS, ARRIVALS, REQUESTS, DENIED, IDLE };

struct message {
	char bytes[4096];
	size_t n;
};

struct run {
	enum kind kind;
	uint16_t port;
	double until;
	SSL_CTX *ctx;
	int epoll;
	struct message first, request;
	unsigned begun, open, held;
	unsigned wanted; /* connections: at a time, a second, or idle */
	double due;      /* of arrivals: the time of the next one */
	uint64_t done, failed;
	struct latency took;
};

struct partner {
	struct run *run;
	SSL *ssl; /* NULL: without TLS */
	int fd;
	double began; /* the connection, or the request on its way */
	bool first;   /* the answer to FIRST has come */
	size_t n;
	char in[4096];
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
read_message(struct message *m, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		err(1, "%s", path);
	m->n = fread(m->bytes, 1, sizeof m->bytes, f);
	fclose(f);
}

/* --- one partner */

static void begin(struct run *r, double began);

static void
close_partner(struct partner *p)
{
	if (p->ssl != NULL)
		SSL_shutdown(p->ssl);
	SSL_free(p->ssl);
	close(p->fd);
	p->run->open--;
	free(p);
}

/* The partner has done its part, or has failed; another one begins in its place. */
static void
end(struct partner *p, bool ok)
{
	struct run *r = p->run;

	if (ok) {
		r->done++;
		latency_add(&r->took, now() - p->began);
	} else {
		r->failed++;
	}
	close_partner(p);
	if (now() < r->until && r->kind != IDLE && r->kind != ARRIVALS)
		begin(r, now());
}

static bool
send_message(struct partner *p, const struct message *m)
{
	size_t sent;

	ERR_clear_error();
	return SSL_write_ex(p->ssl, m->bytes, m->n, &sent) == 1 && sent == m->n;
}

/* An answer is whole. */
static void
answered(struct partner *p)
{
	struct run *r = p->run;

	if (r->kind == CONNECTIONS || r->kind == ARRIVALS) {
		end(p, true);
		return;
	}
	if (p->first) {
		r->done++;
		latency_add(&r->took, now() - p->began);
	}
	r->held += !p->first;
	p->first = true;
	p->began = now();
	if (r->kind == IDLE) {
		if (r->begun < r->wanted)
			begin(r, now());
		return;
	}
	if (p->began >= r->until)
		close_partner(p);
	else if (!send_message(p, &r->request))
		end(p, false);
}

/* The length of the first answer in the buffer; 0: it is not whole. */
static size_t
whole(struct partner *p)
{
	const char *head, *length;
	size_t size;

	p->in[p->n] = '\0';
	head = strstr(p->in, "\r\n\r\n");
	length = strcasestr(p->in, "\r\nContent-Length: ");
	if (head == NULL || length == NULL || length > head)
		return 0;
	size = (size_t)(head + 4 - p->in) + strtoul(length + 18, NULL, 10);
	return size <= p->n ? size : 0;
}

static void
receive(struct partner *p)
{
	size_t got;

	ERR_clear_error();
	if (SSL_read_ex(p->ssl, p->in + p->n, sizeof p->in - 1 - p->n, &got) != 1) {
		if (SSL_get_error(p->ssl, 0) != SSL_ERROR_WANT_READ)
			end(p, false);
		return;
	}
	p->n += got;
	if (whole(p) == 0)
		return;
	p->n = 0; /* one answer at a time */
	if (strncmp(p->in, "HTTP/1.1 200", 12) == 0)
		answered(p);
	else
		end(p, false);
}

static void
shake(struct partner *p)
{
	int rc;

	ERR_clear_error();
	rc = SSL_connect(p->ssl);
	if (rc == 1 ? !send_message(p, &p->run->first) : SSL_get_error(p->ssl, rc) != SSL_ERROR_WANT_READ)
		end(p, false);
}

/* A denied partner meets the end of the connection, and no byte. */
static void
hear_denial(struct partner *p)
{
	char byte;
	ssize_t n = recv(p->fd, &byte, 1, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	end(p, n <= 0);
}

static void
step(struct partner *p)
{
	if (p->ssl == NULL)
		hear_denial(p);
	else if (SSL_is_init_finished(p->ssl))
		receive(p);
	else
		shake(p);
}

/* --- many */

static int
dial(struct run *r)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + r->begun++ % SOURCES) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(r->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		err(1, "connect to port %u", r->port);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
begin(struct run *r, double began)
{
	struct partner *p = calloc(1, sizeof *p);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = p };

	if (p == NULL)
		err(1, "calloc");
	p->run = r;
	p->began = began;
	p->fd = dial(r);
	r->open++;
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, p->fd, &e) < 0)
		err(1, "epoll_ctl");
	if (r->kind == DENIED)
		return;
	p->ssl = SSL_new(r->ctx);
	if (p->ssl == NULL || SSL_set_fd(p->ssl, p->fd) != 1)
		errx(1, "no memory for a partner");
	shake(p);
}

static void
turn(struct run *r, double seconds)
{
	struct timespec wait = { .tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
	struct epoll_event e[EVENTS];
	int n = epoll_pwait2(r->epoll, e, EVENTS, &wait, NULL);

	for (int i = 0; i < n; i++)
		step(e[i].data.ptr);
}

static void
hold(struct run *r)
{
	while (r->held < r->wanted && r->failed == 0)
		turn(r, 1);
	printf("held=%u failed=%llu\n", r->held, (unsigned long long)r->failed);
	fflush(stdout);
	while (getchar() != EOF)
		;
}

/* Begins each arrival at its time, or as soon as possible after it. */
static void
arrive(struct run *r)
{
	for (r->due = now(); r->due < r->until; r->due += 1.0 / r->wanted) {
		double wait = r->due - now();

		for (; wait > 0; wait = r->due - now())
			turn(r, wait);
		begin(r, r->due);
	}
}

static void
work(struct run *r, double seconds)
{
	double from = now();

	if (r->kind == ARRIVALS)
		arrive(r);
	while (r->open > 0 && now() < r->until + 5)
		turn(r, 1);
	printf("done=%llu failed=%llu seconds=%.3f p50=%.0f p99=%.0f\n", (unsigned long long)r->done, (unsigned long long)r->failed,
		seconds > 0 ? now() - from : 0, latency_at(&r->took, 50) * 1e6, latency_at(&r->took, 99) * 1e6);
}

static SSL_CTX *
context(char **tls)
{
	int version = strcmp(tls[0], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL || SSL_CTX_use_certificate_file(ctx, tls[1], SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, tls[2], SSL_FILETYPE_PEM) != 1 || SSL_CTX_load_verify_file(ctx, tls[3]) != 1)
		errx(1, "%s, %s or %s cannot be used", tls[1], tls[2], tls[3]);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	return ctx;
}

static enum kind
kind_of(const char *word)
{
	static const char *const words[] = { "connections", "arrivals", "requests", "denied", "idle" };
	size_t i = 0;

	while (i < sizeof words / sizeof words[0] && strcmp(word, words[i]) != 0)
		i++;
	if (i == sizeof words / sizeof words[0])
		errx(2, "no kind %s", word);
	return (enum kind)i;
}

int
main(int argc, char **argv)
{
	static struct run r;

	if (argc < 5)
		errx(2, "usage: partners KIND PORT SECONDS CONCURRENCY [VERSION CERTIFICATE KEY AUTHORITY FIRST [REQUEST]]");
	signal(SIGPIPE, SIG_IGN);
	r.kind = kind_of(argv[1]);
	r.port = (uint16_t)atoi(argv[2]);
	r.epoll = epoll_create1(EPOLL_CLOEXEC);
	r.wanted = (unsigned)atoi(argv[4]);
	if (r.kind != DENIED && argc < 10)
		errx(2, "%s: VERSION, CERTIFICATE, KEY, AUTHORITY and FIRST are missing", argv[1]);
	if (r.kind != DENIED)
		r.ctx = context(argv + 5);
	if (argc > 9)
		read_message(&r.first, argv[9]);
	if (argc > 10)
		read_message(&r.request, argv[10]);
	r.until = now() + atof(argv[3]);
	for (unsigned i = 0; i < r.wanted && r.kind != ARRIVALS && (r.kind != IDLE || i < OPENING); i++)
		begin(&r, now());
	if (r.kind == IDLE)
		hold(&r);
	else
		work(&r, atof(argv[3]));
	return r.failed > 0 || (r.kind != IDLE && r.done == 0);
}
