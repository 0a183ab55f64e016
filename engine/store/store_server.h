/* SPDX-License-Identifier: Apache-2.0 */
/* store_server: the words of a server about itself: its role, its version, the settings that can lose its values. */
#ifndef SALLYPORT_STORE_SERVER_H
#define SALLYPORT_STORE_SERVER_H

#include <stdbool.h>

#include "base/fault.h"
#include "store/store_codec.h"

struct store_server {
	char role[16];    /* "master", "slave", "sentinel"; "" it did not say */
	char version[32]; /* "" it did not say */
	char run_id[48];  /* differs at each start of the server; "" it did not say */
	bool told;        /* INFO was answered: the next three are known */
	bool cluster;     /* it is a node of a cluster */
	bool aof;         /* each change goes to a file */
	bool noeviction;  /* memory that is full refuses commands and removes no key */
	bool open;        /* the default user has no password */
};

#define STORE_DOUBTS 3

/* Take the reply of ROLE, of INFO, of ACL GETUSER default; another reply is left out. */
void store_server_take_role(struct store_server *s, const struct store_reply *r);
void store_server_take_info(struct store_server *s, const struct store_reply *r);
void store_server_take_user(struct store_server *s, const struct store_reply *r);
/* 0 when the server may be used: a master and no cluster. -1 with a sentence. */
int store_server_fits(const struct store_server *s, struct fault *f);

/*
 * The nth doubt about a server that is used, n from 0 to STORE_DOUBTS - 1, as a sentence; *rule is its name. NULL: the
 * server gives no reason for it. Static.
 */
const char *store_server_doubt(const struct store_server *s, unsigned n, const char **rule);

#endif
