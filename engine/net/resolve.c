/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BRIEF_SECONDS 1 /* for which a name server is asked */
#define BRIEF_TRIES 2   /* of each name server */

struct resolving {
	struct threadpool_job job; /* first */
	struct resolve_request asked;
	int port;
	struct addr of;          /* of a look-up of an address */
	struct resolution found; /* written by the thread until done() */
	char host[];
};

bool
resolve_numeric(const char *host, int port, struct resolution *r)
{
	memset(r, 0, sizeof *r);
	if (addr_parse(&r->addr[0], host, port) < 0)
		return false;
	r->n = 1;
	return true;
}

static bool
held(const struct resolution *r, const struct addr *a)
{
	for (unsigned i = 0; i < r->n; i++)
		if (addr_same_ip(&r->addr[i], a))
			return true;
	return false;
}

static void
keep(struct resolution *r, const struct addrinfo *list, int port)
{
	struct addr a;

	for (; list != NULL && r->n < RESOLVE_MAX; list = list->ai_next) {
		if (addr_from_sockaddr(&a, list->ai_addr) < 0 || held(r, &a))
			continue;
		a.port = (uint16_t)port;
		r->addr[r->n++] = a;
	}
}

/* "127.1", "0x7f.1", "2130706433": forms of inet_aton, which no certificate and no policy would match. */
static bool
old_number(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last != NULL ? last + 1 : host;
	if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
		return last[2 + strspn(last + 2, "0123456789abcdefABCDEF")] == '\0';
	return last[0] != '\0' && last[strspn(last, "0123456789")] == '\0';
}

static void
set_error(struct resolution *r, int error)
{
	const char *words = error == EAI_SYSTEM ? strerrordesc_np(errno) : gai_strerror(error);

	snprintf(r->error, sizeof r->error, "%s", words != NULL ? words : "the resolver failed");
}

/*
 * The state of the C library's resolver belongs to the thread. It is made again for each look-up, from zero: the
 * library reads resolv.conf anew only into a state that nobody has changed, and it takes values that are there before
 * for those of resolv.conf.
 */
static void
hurry(const struct resolving *r)
{
	if (!r->asked.brief)
		return;
	_res.retrans = _res.retry = 0;
	if (res_init() != 0)
		return;
	_res.retrans = BRIEF_SECONDS;
	_res.retry = BRIEF_TRIES;
}

/* Runs on a thread, as resolve_work. */
static void
resolve_work_name(struct threadpool_job *job)
{
	struct resolving *r = (struct resolving *)job;
	struct sockaddr_storage of;
	socklen_t len = addr_to_sockaddr(&r->of, &of);
	int error;

	hurry(r);
	error = getnameinfo((struct sockaddr *)&of, len, r->found.name, sizeof r->found.name, NULL, 0, NI_NAMEREQD);
	if (error == 0)
		return;
	r->found.name[0] = '\0';
	set_error(&r->found, error);
}

/* Runs on a thread: must not use the loop. */
static void
resolve_work(struct threadpool_job *job)
{
	struct resolving *r = (struct resolving *)job;
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list = NULL;
	int error;

	hurry(r);
	error = old_number(r->host) ? EAI_NONAME : getaddrinfo(r->host, NULL, &hints, &list);
	if (error == 0) {
		keep(&r->found, list, r->port);
		freeaddrinfo(list);
	}
	if (error != 0)
		set_error(&r->found, error);
	else if (r->found.n == 0)
		snprintf(r->found.error, sizeof r->found.error, "no IPv4 or IPv6 address");
}

static void
resolve_finished(struct threadpool_job *job)
{
	struct resolving *r = (struct resolving *)job;

	r->asked.done(r->asked.arg, &r->found);
	free(r);
}

static void
resolve_drop(struct threadpool_job *job)
{
	free(job);
}

/* host: NULL for a look-up of an address. NULL: no memory. */
static struct resolving *
resolving_new(const struct resolve_request *q, const char *host, void (*work)(struct threadpool_job *job))
{
	size_t n = host != NULL ? strlen(host) + 1 : 0;
	struct resolving *r = calloc(1, sizeof *r + n);

	if (r == NULL)
		return NULL;
	r->job = (struct threadpool_job){ .work = work, .done = resolve_finished, .drop = resolve_drop };
	r->asked = *q;
	if (host != NULL)
		memcpy(r->host, host, n);
	return r;
}

static struct resolving *
submit(struct resolving *r)
{
	if (threadpool_submit(r->asked.threads, &r->job) == 0)
		return r;
	free(r);
	return NULL;
}

struct resolving *
resolve_begin(const struct resolve_request *q, const char *host, int port)
{
	struct resolving *r = resolving_new(q, host, resolve_work);

	if (r == NULL)
		return NULL;
	r->port = port;
	return submit(r);
}

struct resolving *
resolve_begin_name(const struct resolve_request *q, const struct addr *a)
{
	struct resolving *r = resolving_new(q, NULL, resolve_work_name);

	if (r == NULL)
		return NULL;
	r->of = *a;
	return submit(r);
}

void
resolve_cancel(struct resolving *r)
{
	threadpool_cancel(r->asked.threads, &r->job);
}
