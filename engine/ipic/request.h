/* SPDX-License-Identifier: Apache-2.0 */
/* request: the head of a request (engine/ipic/README.md) and its users, as plain data. */
#ifndef SALLYPORT_REQUEST_H
#define SALLYPORT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"

#define DEFAULT_TRAN "CPMI" /* the mirror transaction of a request that names none */
#define HOPS_MAX 8 /* regions that a request may be shipped through */
#define PAYLOAD_MAX (16 * 1024 * 1024) /* bytes of data of one message, all its elements together */

struct request {
	char tran[TRAN_SIZE];
	char program[NAME_SIZE];
	char userid[NAME_SIZE];       /* flowed; "" none */
	char password[PASSWORD_SIZE]; /* "" none; wiped after the check; never logged, never a fact */
	bool has_password;
	int hops;
};

#define CHECKED_MAX 2

/* The users of a request (IPIC.md 7.4); made by security/request_user.c. */
struct users {
	char link[NAME_SIZE]; /* the link user; "" none: SECURITYNAME is the region's own user */
	char task[NAME_SIZE]; /* the user that the task runs as */
	char checked[CHECKED_MAX][NAME_SIZE]; /* the users that must each be authorised */
	unsigned nchecked;
};

#endif
