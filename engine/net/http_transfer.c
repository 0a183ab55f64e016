/* SPDX-License-Identifier: Apache-2.0 */
/* transfer: one POST to a backend: what curl is told, what it may do, and how it ends. */
#include "net/backend_inside.h"

#include "net/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IGNORED_MAX (64 * 1024) /* bytes of a refusal's body that are read so that its connection can be kept */
#define HOST_MAX 256

struct http_transfer {
	struct http_transfer *next, *prev; /* in pool->first */
	struct pool *pool;
	struct http_post post;
	CURL *easy;                              /* owned */
	struct curl_slist *headers, *addresses;  /* owned */
	struct resolving *resolving;
	struct timer deadline;
	char host[HOST_MAX];
	int port;
	bool running;   /* the multi has it */
	bool sent;      /* it was begun to be sent: not again */
	size_t counted; /* in *post.held */
	size_t ignored;
	char why[256];  /* our own reason to end it; "" none */
	char error[CURL_ERROR_SIZE];
};

/* --- URLs --- */

/* Takes a URL apart. -1 with a sentence. */
static int
read_url(const char *url, char host[HOST_MAX], int *port, struct fault *f)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *name = NULL, *number = NULL, *fragment = NULL, *user = NULL;
	int ok = -1;
	CURLUcode rc = u != NULL ? curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) : CURLUE_OUT_OF_MEMORY;

	if (rc != CURLUE_OK)
		fault_set(f, "%s", curl_url_strerror(rc));
	else if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		fault_set(f, "it must begin with http:// or https://");
	else if (curl_url_get(u, CURLUPART_HOST, &name, 0) != CURLUE_OK || strlen(name) >= HOST_MAX)
		fault_set(f, "it names no host");
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		fault_set(f, "it names a user");
	else if (curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_OK)
		fault_set(f, "what stands behind # is never sent");
	else if (curl_url_get(u, CURLUPART_PORT, &number, CURLU_DEFAULT_PORT) != CURLUE_OK)
		fault_set(f, "it has no port");
	else {
		snprintf(host, HOST_MAX, "%s", name);
		*port = atoi(number);
		ok = 0;
	}
	curl_free(scheme);
	curl_free(name);
	curl_free(number);
	curl_free(fragment);
	curl_free(user);
	curl_url_cleanup(u);
	return ok;
}

int
http_client_check_url(const char *url, struct fault *f)
{
	char host[HOST_MAX];
	int port;

	return read_url(url, host, &port, f);
}

/* --- the end --- */

static void
enlist(struct http_transfer *x, struct pool *p)
{
	x->pool = p;
	x->next = p->first;
	if (p->first != NULL)
		p->first->prev = x;
	p->first = x;
	p->transfers++;
}

static void
delist(struct http_transfer *x)
{
	if (x->prev != NULL)
		x->prev->next = x->next;
	else
		x->pool->first = x->next;
	if (x->next != NULL)
		x->next->prev = x->prev;
	x->pool->transfers--;
}

static void
transfer_free(struct http_transfer *x)
{
	timer_stop(&x->deadline);
	if (x->resolving != NULL)
		resolve_cancel(x->resolving);
	if (x->running)
		curl_multi_remove_handle(x->pool->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->addresses);
	if (x->post.held != NULL)
		*x->post.held -= x->counted;
	delist(x);
	free(x);
}

void
http_client_cancel(struct http_transfer *x)
{
	transfer_free(x);
}

/* Nothing of x is touched once done() was called. */
static void
finish(struct http_transfer *x, const char *why)
{
	void (*done)(void *, const char *) = x->post.done;
	void *arg = x->post.arg;
	char words[sizeof x->why];

	if (why != NULL)
		snprintf(words, sizeof words, "%s", why);
	transfer_free(x);
	done(arg, why != NULL ? words : NULL);
}

static void
expire(void *arg)
{
	struct http_transfer *x = arg;
	char why[64];

	snprintf(why, sizeof why, "no answer within %g seconds", x->post.timeout);
	finish(x, why);
}

/* Done() may begin others, but not here: nobody is given a broken pool. */
void
http_transfer_end_all(struct pool *p)
{
	while (p->first != NULL)
		finish(p->first, "no memory for its connection");
}

void
http_transfer_judge(struct http_transfer *x, CURLcode rc)
{
	long status = 0;
	char why[sizeof x->why];

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (x->why[0] != '\0')
		snprintf(why, sizeof why, "%s", x->why);
	else if (rc != CURLE_OK)
		snprintf(why, sizeof why, "%.150s", x->error[0] != '\0' ? x->error : curl_easy_strerror(rc));
	else if (status < 200 || status > 299)
		snprintf(why, sizeof why, "answered %ld", status);
	else
		why[0] = '\0';
	finish(x, why[0] != '\0' ? why : NULL);
}

/* --- what curl calls --- */

static size_t
end_it(struct http_transfer *x, const char *why)
{
	snprintf(x->why, sizeof x->why, "%.200s", why);
	return 0;
}

/* A refusal's body is nobody's answer. */
static size_t
ignore(struct http_transfer *x, long status, size_t n)
{
	char why[32];

	x->ignored += n;
	if (x->ignored <= IGNORED_MAX)
		return n;
	snprintf(why, sizeof why, "answered %ld", status);
	return end_it(x, why);
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_transfer *x = arg;
	size_t n = size * count;
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200 || status > 299)
		return ignore(x, status, n);
	if (n > x->post.answer->max - buf_len(x->post.answer))
		return end_it(x, "its answer is longer than a message can be");
	if (x->post.held != NULL && (*x->post.held > x->post.held_max || n > x->post.held_max - *x->post.held))
		return end_it(x, "the memory for conversations is used up");
	if (buf_add(x->post.answer, bytes, n) < 0)
		return end_it(x, "no memory for its answer");
	if (x->post.held != NULL) {
		*x->post.held += n;
		x->counted += n;
	}
	return n;
}

/* A kept connection may end just when it is used again, and curl would then send once more what the backend perhaps has taken. */
static int
before_sending(void *arg, char *peer, char *own, int peer_port, int own_port)
{
	struct http_transfer *x = arg;

	(void)peer, (void)own, (void)peer_port, (void)own_port;
	if (x->sent) {
		end_it(x, "the connection ended before an answer came");
		return CURL_PREREQFUNC_ABORT;
	}
	x->sent = true;
	return CURL_PREREQFUNC_OK;
}

static CURLcode
use_ring(CURL *easy, void *ctx, void *arg)
{
	struct http_transfer *x = arg;
	struct fault f;

	(void)easy;
	if (ring_use(x->pool->ring, "", true, ctx, &f) == 0)
		return CURLE_OK;
	end_it(x, f.text);
	return CURLE_SSL_CERTPROBLEM;
}

/* --- the beginning --- */

static int
add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL)
		return -1;
	*list = more;
	return 0;
}

static int
add_headers(struct http_transfer *x)
{
	int ok = add_line(&x->headers, "Content-Type: application/octet-stream");

	ok |= add_line(&x->headers, "Expect:"); /* nobody waits for a 100 */
	for (size_t i = 0; i < x->post.nheaders; i++)
		ok |= add_line(&x->headers, x->post.header[i]);
	return ok;
}

/* The ring's store replaces curl's own, which is neither filled nor kept then. */
static int
set_trust(struct http_transfer *x)
{
	int ok = curl_easy_setopt(x->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

	ok |= curl_easy_setopt(x->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (x->pool->ring == NULL)
		return ok;
	ok |= curl_easy_setopt(x->easy, CURLOPT_CAINFO, NULL);
	ok |= curl_easy_setopt(x->easy, CURLOPT_CAPATH, NULL);
	ok |= curl_easy_setopt(x->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_FUNCTION, use_ring);
	ok |= curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_DATA, x);
	return ok;
}

/* What the environment or a backend's answer might make curl do, it does not. */
static int
set_limits(struct http_transfer *x)
{
	int ok = curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "http,https");

	ok |= curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	ok |= curl_easy_setopt(x->easy, CURLOPT_FOLLOWLOCATION, 0L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_PROXY, "");
	ok |= curl_easy_setopt(x->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	ok |= curl_easy_setopt(x->easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L); /* every transfer brings its own addresses */
	ok |= curl_easy_setopt(x->easy, CURLOPT_QUICK_EXIT, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_PREREQFUNCTION, before_sending);
	ok |= curl_easy_setopt(x->easy, CURLOPT_PREREQDATA, x);
	return ok;
}

static int
set_request(struct http_transfer *x)
{
	int ok = curl_easy_setopt(x->easy, CURLOPT_URL, x->post.url);

	ok |= curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	ok |= curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->error);
	ok |= curl_easy_setopt(x->easy, CURLOPT_POST, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->post.len);
	ok |= curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, x->post.len > 0 ? x->post.data : "");
	ok |= curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	ok |= curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "sallyport");
	ok |= curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, take_body);
	ok |= curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
	return ok;
}

static int
start(struct http_transfer *x)
{
	if (curl_multi_add_handle(x->pool->multi, x->easy) != CURLM_OK)
		return -1;
	x->running = true;
	return 0;
}

/* "+HOST:PORT:ADDRESS,ADDRESS": curl asks nobody. */
static int
add_addresses(struct http_transfer *x, const struct resolution *r)
{
	char line[HOST_MAX + 16 + RESOLVE_MAX * (ADDR_TEXT + 3)], ip[ADDR_TEXT];
	size_t n = (size_t)snprintf(line, sizeof line, "+%s:%d:", x->host, x->port);

	for (unsigned i = 0; i < r->n; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, strchr(addr_ip(&r->addr[i], ip, sizeof ip), ':') != NULL ? "%s[%s]" : "%s%s",
			i > 0 ? "," : "", ip);
	if (add_line(&x->addresses, line) < 0)
		return -1;
	return curl_easy_setopt(x->easy, CURLOPT_RESOLVE, x->addresses) == CURLE_OK ? 0 : -1;
}

static void
resolved(void *arg, const struct resolution *r)
{
	struct http_transfer *x = arg;
	char why[sizeof x->why];

	x->resolving = NULL;
	if (r->n == 0) {
		snprintf(why, sizeof why, "%.100s: %.100s", x->host, r->error);
		finish(x, why);
	} else if (add_addresses(x, r) < 0 || start(x) < 0) {
		finish(x, "no memory for a transfer");
	}
}

/* An IPv6 address stands in brackets. */
static bool
is_address(const struct http_transfer *x)
{
	struct resolution r;
	char host[HOST_MAX];
	size_t n = strlen(x->host);

	snprintf(host, sizeof host, "%s", x->host);
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		memmove(host, host + 1, n - 1);
	}
	return resolve_numeric(host, x->port, &r);
}

static int
find_host(struct http_transfer *x, struct fault *f)
{
	if (is_address(x))
		return start(x) == 0 ? 0 : fault_set(f, "no memory for a transfer");
	if (x->post.threadpool != NULL)
		x->resolving = resolve_begin(x->post.threadpool, x->host, x->port, resolved, x);
	return x->resolving != NULL ? 0 : fault_set(f, "%s cannot be looked up now", x->host);
}

static int
prepare(struct http_transfer *x, struct fault *f)
{
	if (read_url(x->post.url, x->host, &x->port, f) < 0)
		return -1;
	x->easy = curl_easy_init();
	if (x->easy == NULL || add_headers(x) != 0 || set_request(x) != CURLE_OK || set_limits(x) != CURLE_OK || set_trust(x) != CURLE_OK)
		return fault_set(f, "no memory for a transfer");
	timer_set(&x->deadline, x->post.timeout);
	return find_host(x, f);
}

struct http_transfer *
http_client_post(struct http_client *b, const struct http_post *p, struct fault *f)
{
	struct http_transfer *x = calloc(1, sizeof *x);
	struct pool *pool = x != NULL ? http_client_pool(b, p->ring) : NULL;

	if (pool == NULL) {
		free(x);
		fault_set(f, "no memory for a transfer");
		return NULL;
	}
	enlist(x, pool);
	x->post = *p;
	timer_init(&x->deadline, b->loop, expire, x);
	if (prepare(x, f) == 0)
		return x;
	transfer_free(x);
	return NULL;
}
