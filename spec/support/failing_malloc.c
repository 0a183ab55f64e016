/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failing_malloc: a library to be preloaded. A test lets a chosen allocation of a program fail, in the engine, OpenSSL,
 * libcurl, jansson, libev or the C library. The file that FAILING_MALLOC names holds the order
 * (spec/support/failing_malloc.lua). FAILING_MALLOC_TRACE names a file that gets the call stack of each failed allocation.
 * The allocations of pthread_getattr_np are not counted: a sanitizer calls it in each new thread, and ends the process
 * when it fails. The program does not call it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct order {
	_Atomic long left;   /* allocations until the first that fails, itself counted; 0: none fails */
	_Atomic long many;   /* how many fail from there on */
	_Atomic long failed; /* how many did */
};

static struct order *order;
static int traces = -1;
static void *(*next_malloc)(size_t), *(*next_calloc)(size_t, size_t), *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);
static int (*next_getattr)(pthread_t, pthread_attr_t *);
static int seeking;
static __thread int spared; /* this thread is in pthread_getattr_np */

/* dlsym asks for memory itself before it has told where memory is to be had. */
static char early[16384];
static size_t early_used;

static void *
early_malloc(size_t n)
{
	void *p = early + early_used;

	early_used += (n + 31) & ~(size_t)15;
	if (early_used > sizeof early)
		_exit(99);
	return p;
}

static int
is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof early;
}

/* False: only early memory is to be had. */
static int
ready(void)
{
	if (next_malloc != NULL)
		return 1;
	if (seeking)
		return 0;
	seeking = 1;
	next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	next_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	next_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	next_getattr = (int (*)(pthread_t, pthread_attr_t *))dlsym(RTLD_NEXT, "pthread_getattr_np");
	next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	return 1;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *file = getenv("FAILING_MALLOC"), *log = getenv("FAILING_MALLOC_TRACE");
	void *some[4], *at;
	int fd = file != NULL ? open(file, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	if (log != NULL)
		traces = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (traces >= 0)
		backtrace(some, 4);
	at = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		order = at;
}

static void
trace(void)
{
	void *at[24];
	int n;

	if (traces < 0)
		return;
	n = backtrace(at, 24);
	if (write(traces, "----\n", 5) == 5)
		backtrace_symbols_fd(at + 2, n - 2, traces);
}

/* Whether this one fails. */
static int
fails(void)
{
	long left;

	if (order == NULL || spared || (left = atomic_load(&order->left)) <= 0)
		return 0;
	if (left > 1) {
		atomic_fetch_sub(&order->left, 1);
		return 0;
	}
	if (atomic_fetch_sub(&order->many, 1) <= 0)
		return 0;
	atomic_fetch_add(&order->failed, 1);
	trace();
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t n)
{
	if (!ready())
		return early_malloc(n);
	return fails() ? NULL : next_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	if (!ready())
		return early_malloc(n * size);
	return fails() ? NULL : next_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	if (!ready() || is_early(p))
		return NULL; /* dlsym does not */
	return n > 0 && fails() ? NULL : next_realloc(p, n);
}

void
free(void *p)
{
	if (!is_early(p) && ready())
		next_free(p);
}

int
pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
	int status;

	if (!ready())
		return ENOMEM;
	spared = 1;
	status = next_getattr(thread, attributes);
	spared = 0;
	return status;
}
