/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_memory: the memory of one account as Jansson reads it. An account has about 200 values with three blocks of
 * memory each, so that malloc and free take more time than all else of the reading. Here they are parts of one block,
 * which is used again for the next account.
 */
#ifndef SALLYPORT_ACCOUNT_MEMORY_H
#define SALLYPORT_ACCOUNT_MEMORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct account_memory { /* zero-initialise */
	unsigned char *bytes; /* owned */
	size_t size, used;
	bool reading;         /* an account is read now, and its values come from this memory */
};

/*
 * Makes Jansson use m in this thread; other values come from malloc, and no memory is wiped: the caller reads no
 * secrets. m must outlive all values. -1: no memory.
 */
int account_memory_begin(struct account_memory *m);
/* Frees the memory; Jansson uses malloc again. */
void account_memory_end(struct account_memory *m);
/*
 * Reads an account. The former one must have been released, and each of its values. NULL: it is no JSON, or there is no
 * memory.
 */
json_t *account_memory_read(struct account_memory *m, const char *text, size_t len);

#endif
