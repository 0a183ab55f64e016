/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare PORT DENYPORT CERTIFICATE KEY AUTHORITY [floor]: the server that `peers` compares with: OpenSSL and epoll in one
 * thread, with the settings that any server may use, and nothing else. It verifies the client's certificate and answers
 * each POST with the same bytes. At DENYPORT it accepts a connection and closes it. floor: with each trick that is
 * known: verified chains are remembered, the provider is slim, and OpenSSL's memory comes from lists of free blocks.
 */
#include "tls/slim.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define ACCEPTS 64 /* of one turn */

static const char answer[] = "HTTP/1.1 200 OK\r\nIS: 1 cmd; name=capex\r\nContent-Length: 64\r\n\r\n"
			     "----------------------------------------------------------------";

/* --- tricks of the floor: state at file scope, because the functions that OpenSSL calls get none */

#define GRAIN 64    /* bytes by which blocks of the lists differ */
#define CLASSES 320 /* larger blocks are malloc's; a buffer of a TLS record fits */
#define CHAINS 64   /* that are remembered */

union block {
	union block *next; /* in its list */
	size_t class;      /* in use; CLASSES: malloc's */
	max_align_t align;
};

static union block *spare[CLASSES];

static struct {
	EVP_MD *sha256;
	unsigned char digest[CHAINS][EVP_MAX_MD_SIZE];
	unsigned n;
} known;

static void *
take_block(size_t n, const char *file, int line)
{
	size_t class = (n + GRAIN - 1) / GRAIN;
	union block *b = class < CLASSES ? spare[class] : NULL;

	(void)file, (void)line;
	if (b != NULL)
		spare[class] = b->next;
	else
		b = malloc(sizeof *b + (class < CLASSES ? class * GRAIN : n));
	if (b == NULL)
		return NULL;
	b->class = class < CLASSES ? class : CLASSES;
	return b + 1;
}

static void
give_block(void *at, const char *file, int line)
{
	union block *b = (union block *)at - 1;
	size_t class;

	(void)file, (void)line;
	if (at == NULL)
		return;
	class = b->class;
	if (class == CLASSES) {
		free(b);
		return;
	}
	b->next = spare[class];
	spare[class] = b;
}

static void *
change_block(void *at, size_t n, const char *file, int line)
{
	union block *b = (union block *)at - 1;
	void *to;

	if (at != NULL && b->class == CLASSES && n >= CLASSES * GRAIN) {
		b = realloc(b, sizeof *b + n);
		return b != NULL ? b + 1 : NULL;
	}
	if (at != NULL && b->class < CLASSES && n <= b->class * GRAIN)
		return at;
	to = take_block(n, file, line);
	if (to != NULL && at != NULL) {
		size_t had = b->class < CLASSES ? b->class * GRAIN : n;

		memcpy(to, at, had < n ? had : n);
		give_block(at, file, line);
	}
	return to;
}

/* Verifies a chain that is not remembered. */
static int
verify(X509_STORE_CTX *store, void *arg)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
	unsigned len;

	(void)arg;
	if (X509_digest(X509_STORE_CTX_get0_cert(store), known.sha256, digest, &len) != 1)
		return 0;
	for (unsigned i = 0; i < known.n && i < CHAINS; i++)
		if (memcmp(known.digest[i], digest, sizeof digest) == 0)
			return 1;
	if (X509_verify_cert(store) != 1)
		return 0;
	memcpy(known.digest[known.n++ % CHAINS], digest, sizeof digest);
	return 1;
}

/* Before any other use of OpenSSL. */
static void
begin_floor(void)
{
	struct fault f;

	if (CRYPTO_set_mem_functions(take_block, change_block, give_block) != 1)
		errx(1, "OpenSSL has memory already");
	if (slim_begin(&f) == NULL)
		errx(1, "%s", f.text);
	known.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* --- links ------------------------------------------------------------------------------------ */

struct link {
	SSL *ssl; /* NULL: a listener */
	int fd;
	bool denies; /* a listener that closes */
	size_t n;
	char in[2048];
};

static void
end(struct link *l)
{
	SSL_free(l->ssl);
	close(l->fd);
	free(l);
}

/* The length of the first message in the buffer; 0: it is not whole. */
static size_t
whole(const struct link *l)
{
	const char *head = memmem(l->in, l->n, "\r\n\r\n", 4), *length = memmem(l->in, l->n, "Content-Length: ", 16);
	size_t size;

	if (head == NULL || length == NULL)
		return 0;
	size = (size_t)(head + 4 - l->in) + strtoul(length + 16, NULL, 10);
	return size <= l->n ? size : 0;
}

/* Answers the messages in the buffer. False: the connection has failed. */
static bool
serve(struct link *l)
{
	size_t size, sent;

	while ((size = whole(l)) > 0) {
		memmove(l->in, l->in + size, l->n - size);
		l->n -= size;
		ERR_clear_error();
		if (SSL_write_ex(l->ssl, answer, sizeof answer - 1, &sent) != 1)
			return false;
	}
	return l->n < sizeof l->in;
}

/* Reads until fewer bytes come than there is room for. False: the connection has ended. */
static bool
receive(struct link *l)
{
	size_t got, room;

	do {
		room = sizeof l->in - l->n;
		ERR_clear_error();
		if (SSL_read_ex(l->ssl, l->in + l->n, room, &got) != 1)
			return SSL_get_error(l->ssl, 0) == SSL_ERROR_WANT_READ;
		l->n += got;
		if (!serve(l))
			return false;
	} while (SSL_has_pending(l->ssl) == 1);
	return true;
}

static bool
step(struct link *l)
{
	int rc;

	if (SSL_is_init_finished(l->ssl))
		return receive(l);
	ERR_clear_error();
	rc = SSL_accept(l->ssl);
	if (rc != 1)
		return SSL_get_error(l->ssl, rc) == SSL_ERROR_WANT_READ;
	return receive(l);
}

static void
watch(int epoll, struct link *l)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &e) < 0)
		err(1, "epoll_ctl");
}

static struct link *
link_new(int fd)
{
	struct link *l = calloc(1, sizeof *l);

	if (l == NULL)
		err(1, "calloc");
	l->fd = fd;
	return l;
}

static void
welcome(int epoll, SSL_CTX *ctx, const struct link *listener)
{
	int fd, one = 1;
	struct link *l;

	for (int i = 0; i < ACCEPTS && (fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; i++) {
		if (listener->denies) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		l = link_new(fd);
		l->ssl = SSL_new(ctx);
		if (l->ssl == NULL || SSL_set_fd(l->ssl, fd) != 1)
			errx(1, "no memory for a connection");
		SSL_set_accept_state(l->ssl);
		watch(epoll, l);
	}
}

static struct link *
listener(const char *port, bool denies)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
	struct link *l;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
		listen(fd, 4096) < 0)
		err(1, "port %s", port);
	l = link_new(fd);
	l->denies = denies;
	return l;
}

static SSL_CTX *
context(const char *certificate, const char *key, const char *authority)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL || SSL_CTX_use_certificate_file(ctx, certificate, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_load_verify_file(ctx, authority) != 1)
		errx(1, "%s, %s or %s cannot be used", certificate, key, authority);
	SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(authority));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

int
main(int argc, char **argv)
{
	struct epoll_event e[EVENTS];
	SSL_CTX *ctx;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool floor = argc == 7 && strcmp(argv[6], "floor") == 0;

	if (argc != 6 && !floor)
		errx(2, "usage: bare PORT DENYPORT CERTIFICATE KEY AUTHORITY [floor]");
	signal(SIGPIPE, SIG_IGN);
	if (floor)
		begin_floor();
	ctx = context(argv[3], argv[4], argv[5]);
	if (floor)
		SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
	watch(epoll, listener(argv[1], false));
	watch(epoll, listener(argv[2], true));
	for (;;) {
		int n = epoll_wait(epoll, e, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct link *l = e[i].data.ptr;

			if (l->ssl == NULL)
				welcome(epoll, ctx, l);
			else if (!step(l))
				end(l);
		}
	}
}
