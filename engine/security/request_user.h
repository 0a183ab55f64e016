/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_user: whose a request is (IPIC.md 7.4): the link user, whom its task runs as, who must be authorised. Values in, values out: no user is
 * looked up here and no password checked.
 */
#ifndef SALLYPORT_REQUEST_USER_H
#define SALLYPORT_REQUEST_USER_H

#include <stdbool.h>

#include "ipic/request.h"
#include "config/resource.h"

/* The columns of IPIC.md 7.4's last table. */
enum link_kind {
	LINK_NOT_GIVEN, /* the default user stands in */
	LINK_REGION,    /* the region's own user (regionuser, or the applid): the link limits nothing */
	LINK_OTHER,
};

/* The region's own user ID: regionuser, else the applid. Borrowed from r. */
const char *request_user_of_region(const struct region_def *r);

/* An ipconn's link user: securityname (secuser), or certuser, the user ID the socket's certificate was given ("" none); linkauth says which. out: the
 * user; the default user when none is given; "" for LINK_REGION. */
enum link_kind request_user_link(const struct ipconn_def *d, const struct region_def *r, const char *certuser, char out[NAME_SIZE]);

/* May a request say this of its user, and is what userauth asks for there (the strict rules of IPIC.md 7.4)? NULL: it may; else a code for
 * verdicts, with *text static. No password is looked at, only whether there is one. */
const char *request_user_claim(int userauth, const struct request *q, const char **text);

/* The table of who is checked, and whom the task runs as. link: of request_user_link. The flowed user counts under identify and verify only.
 * One who would be checked twice is listed once. */
void request_user_decide(int userauth, enum link_kind kind, const char *link, const struct region_def *r, const char *flowed, struct users *out);

#endif
