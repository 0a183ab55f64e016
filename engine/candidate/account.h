/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account: the JSON text of a recorded connection or request, as it stands in a file of records, split into tokens. A
 * replay reads ten thousand accounts in a second and looks at a part of each, so that no tree of values is made.
 */
#ifndef SALLYPORT_ACCOUNT_H
#define SALLYPORT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account_token;

struct account { /* zero-initialise */
	char *text;                  /* owned: a copy, in which each string has no escapes and ends with NUL */
	size_t size;
	struct account_token *token; /* owned */
	int n, cap;                  /* of the tokens */
};

struct account_value { /* a value in an account, which it borrows; zero: a value that is not there */
	const struct account *account;
	int token;
};

/*
 * Reads a text; the former values of the account end, and its memory is used again. -1: the text is no JSON, or there
 * is no memory; the account has no value then.
 */
int account_read(struct account *a, const char *text, size_t len);
void account_free(struct account *a);

/* The outermost value. Each function below takes a value that is not there, as one without members. */
struct account_value account_root(const struct account *a);
bool account_has(struct account_value v);
bool account_is_object(struct account_value v);
bool account_is_true(struct account_value v);
bool account_is_false(struct account_value v);
bool account_is_integer(struct account_value v);
bool account_is_number(struct account_value v);

/* The member of an object. */
struct account_value account_member(struct account_value object, const char *name);
/* The first value of a list or an object, and the value behind `one` in the same list or object. */
struct account_value account_first(struct account_value list);
struct account_value account_next(struct account_value list, struct account_value one);
/* The value number i, from 0, of a list or an object; the number of values in a list or an object. */
struct account_value account_at(struct account_value list, size_t i);
size_t account_count(struct account_value list);
/* The name of a value that account_first or account_next gave of an object; borrowed. */
const char *account_name(struct account_value v);

/* The text of a string, borrowed, and its bytes. NULL and 0: the value is no string. */
const char *account_text(struct account_value v);
size_t account_length(struct account_value v);
/* 0: the value is no integer, or no number. */
int64_t account_integer(struct account_value v);
double account_number(struct account_value v);

#endif
