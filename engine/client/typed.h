/* SPDX-License-Identifier: Apache-2.0 */
/* typed: a password that an operator types, or that is the first line of stdin when stdin is no terminal. */
#ifndef SALLYPORT_TYPED_H
#define SALLYPORT_TYPED_H

#include <stdbool.h>
#include <stddef.h>

#include "ipic/request.h"

struct typed { /* wiped by the caller (scrypt_wipe) */
	char text[PASSWORD_SIZE]; /* ends with a NUL */
	size_t len;
	bool too_long;
};

/* Prints "sallyport COMMAND: WHAT" on stderr. Returns -1. */
int typed_complain(const char *command, const char *what);
/*
 * Reads a password from the terminal without echo, after the prompt on stderr. The keys make no signals meanwhile, so
 * that the terminal always gets its former mode back. -1: given up, or no password (typed_complain has said why).
 */
int typed_ask(const char *command, const char *prompt, struct typed *t);
/* Reads a line of stdin, which is no terminal. -1 as above. */
int typed_line(const char *command, struct typed *t);

#endif
