/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_user: the users of a request (IPIC.md 7.4): the link user, the user that the task runs as, and the users that
 * must be authorised. Only computes values: does not look users up or check passwords.
 */
#ifndef SALLYPORT_REQUEST_USER_H
#define SALLYPORT_REQUEST_USER_H

#include <stdbool.h>

#include "ipic/request.h"
#include "config/resource.h"

/* The columns of the last table of IPIC.md 7.4. */
enum link_kind {
	LINK_NOT_GIVEN, /* the default user is used */
	LINK_REGION,    /* the region's own user (regionuser, or the applid): no check of the link user */
	LINK_OTHER,
};

/* Returns the region's own user ID: regionuser, or the applid. Belongs to r. */
const char *request_user_of_region(const struct region_def *r);

/*
 * Finds an ipconn's link user by its linkauth: securityname (secuser), or certuser, the user ID of the socket's
 * certificate ("": none). out: the user; the default user when there is none; "" for LINK_REGION.
 */
enum link_kind request_user_link(const struct ipconn_def *d, const struct region_def *r, const char *certuser, char out[NAME_SIZE]);

/*
 * Whether the request gives the user and password that userauth requires (the strict rules of IPIC.md 7.4). NULL: yes;
 * if not, a code for verdicts, with *text (static). Does not check the password.
 */
const char *request_user_claim(int userauth, const struct request *q, const char **text);

/*
 * Lists the users that are checked and the user that the task runs as. link: of request_user_link. flowed, the
 * request's user, counts under identify and verify only. A user that would be checked twice is listed once.
 */
void request_user_decide(int userauth, enum link_kind kind, const char *link, const struct region_def *r, const char *flowed, struct users *out);

#endif
