/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/free_lists.h"

#include <openssl/crypto.h>

#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRAIN 32     /* bytes by which the blocks of neighbouring lists differ */
#define OVERHEAD 8   /* bytes that malloc adds to each block: a block fills the whole of its grains */
#define CLASSES 1152 /* lists; the buffer of a TLS record, and the stack of a job (tls_wait), have one */

/* A block in a list. A block in use has no head: malloc_usable_size tells its list. */
struct spare {
	struct spare *next;
	const struct lists *in; /* any other bytes in a block in use */
};

struct lists {
	struct spare *first[CLASSES];
	size_t bytes; /* of all blocks in the lists */
};

/* OpenSSL hands its functions of memory no object: the lists are those of the thread. */
static pthread_key_t key;
static _Thread_local struct lists *own; /* NULL: none was made yet, or the thread ends */

/* The list for n bytes; CLASSES or more: none has blocks so large. */
static size_t
class_of(size_t n)
{
	return (n + OVERHEAD + GRAIN - 1) / GRAIN;
}

/* The end of a thread. */
static void
free_lists_end(void *arg)
{
	struct lists *l = arg;

	own = NULL;
	for (size_t class = 0; class < CLASSES; class++)
		while (l->first[class] != NULL) {
			struct spare *s = l->first[class];

			l->first[class] = s->next;
			free(s);
		}
	free(l);
}

/* NULL: no memory. */
static struct lists *
find_lists(void)
{
	if (own != NULL)
		return own;
	own = calloc(1, sizeof *own);
	if (own != NULL && pthread_setspecific(key, own) != 0) {
		free(own);
		own = NULL;
	}
	return own;
}

static void *
take(size_t n, const char *file, int line)
{
	size_t class = class_of(n);
	struct spare *s;

	(void)file, (void)line;
	if (n == 0)
		return NULL;
	if (class >= CLASSES)
		return malloc(n);
	if (own == NULL || own->first[class] == NULL)
		return malloc(class * GRAIN - OVERHEAD); /* 24 bytes or more: a spare has room */
	s = own->first[class];
	own->first[class] = s->next;
	s->in = NULL;
	own->bytes -= class * GRAIN;
	return s;
}

/* Ends the process when the block is in its list: it was freed twice. */
static void
refuse_twice(const struct lists *l, size_t class, const struct spare *s)
{
	for (const struct spare *one = l->first[class]; one != NULL; one = one->next)
		if (one == s) {
			fputs("sallyport: fault: a block of OpenSSL was freed twice; please report it\n", stderr);
			abort();
		}
}

static void
give(void *at, const char *file, int line)
{
	struct spare *s = at;
	struct lists *l;
	size_t class;

	(void)file, (void)line;
	if (s == NULL)
		return;
	class = (malloc_usable_size(s) + OVERHEAD) / GRAIN; /* malloc may have given some bytes more */
	l = class < CLASSES ? find_lists() : NULL;
	if (l == NULL || l->bytes >= FREE_LISTS_BYTES) {
		free(s);
		return;
	}
	if (s->in == l)
		refuse_twice(l, class, s);
	s->next = l->first[class];
	s->in = l;
	l->first[class] = s;
	l->bytes += class * GRAIN;
}

static void *
change(void *at, size_t n, const char *file, int line)
{
	size_t had = at != NULL ? malloc_usable_size(at) : 0;
	void *to;

	if (n != 0 && n <= had)
		return at;
	if (class_of(n) >= CLASSES)
		return realloc(at, n);
	to = take(n, file, line);
	if (to != NULL && at != NULL)
		memcpy(to, at, had);
	if (to != NULL || n == 0)
		give(at, file, line);
	return to;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

void
free_lists_begin(void)
{
	if (!SANITIZED && pthread_key_create(&key, free_lists_end) == 0)
		CRYPTO_set_mem_functions(take, change, give);
}
