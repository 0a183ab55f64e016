/* SPDX-License-Identifier: Apache-2.0 */
/* request: what a request says of itself (its head: engine/ipic/README.md) and whose it is. Data, known to every floor. */
#ifndef SALLYPORT_REQUEST_H
#define SALLYPORT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"

#define DEFAULT_TRAN "CPMI" /* the mirror transaction a request without one runs under */
#define HOPS_MAX 8 /* regions a request may be shipped through */
#define PAYLOAD_MAX (16 * 1024 * 1024) /* bytes of data one message carries, all its chain elements together */

struct request {
	char tran[TRAN_SIZE];
	char program[NAME_SIZE];
	char userid[NAME_SIZE];       /* flowed; "" none */
	char password[PASSWORD_SIZE]; /* "" none; wiped when it was checked; never logged, never a fact */
	bool has_password;
	int hops;
};

#define CHECKED_MAX 2

/* Who answers for a request (IPIC.md 7.4); made by request_user.c. */
struct users {
	char link[NAME_SIZE]; /* the link user; "" none: SECURITYNAME is the region's own user */
	char task[NAME_SIZE]; /* whom the task runs as */
	char checked[CHECKED_MAX][NAME_SIZE]; /* who must be authorised, each */
	unsigned nchecked;
};

#endif
