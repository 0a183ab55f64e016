/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_greeting: the first commands on a connection, sent together: the password, the database, the role and the
 * settings of the server, the scripts. It is the probe too by which a store that was down is found again.
 */
#ifndef SALLYPORT_STORE_GREETING_H
#define SALLYPORT_STORE_GREETING_H

#include "store/store_link.h"
#include "store/store_script.h"
#include "store/store_server.h"
#include "store/store_settings.h"

#define STORE_SHA 41 /* 40 hex digits and a NUL */

struct store_greeting;

struct store_welcome { /* the result */
	struct store_server server;
	char sha[STORE_SCRIPTS][STORE_SHA]; /* of each script; "": the server did not load it, and gets its text each time */
};

/*
 * Sends the commands. done(arg, w, why) is called once, from the loop: why NULL: the server may be used, and w, valid
 * during the call, says more; else a sentence. NULL: no memory.
 */
struct store_greeting *store_greeting_begin(struct store_link *l, const struct store_settings *s,
	void (*done)(void *arg, const struct store_welcome *w, const char *why), void *arg);
/* Makes the words that log in. w is empty before. False: there is no password, and no command is sent. */
bool store_greeting_login(const struct store_login *l, struct store_words *w);
#define STORE_NO_LOGIN 128

/*
 * Writes the reason of a refused login. It has only the code of the error r, because a server without the command AUTH
 * repeats the password. attribute: the name of the attribute of the user. Returns out.
 */
const char *store_greeting_no_login(const char *attribute, const struct store_reply *r, char out[STORE_NO_LOGIN]);
/* Frees it after done(), or after its link was closed. NULL is fine. */
void store_greeting_free(struct store_greeting *g);

#endif
