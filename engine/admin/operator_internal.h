/* SPDX-License-Identifier: Apache-2.0 */
/* operator_internal: one request of an operator, and the parts that the commands share. */
#ifndef SALLYPORT_OPERATOR_INTERNAL_H
#define SALLYPORT_OPERATOR_INTERNAL_H

#include "admin/control.h"
#include "region/reload.h"

#define ARGS_MAX 8

struct order { /* one request; its strings are borrowed from `request` */
	struct region *region;
	const json_t *request;
	const char *arg[ARGS_MAX];
	size_t nargs;
	struct fault fault;
	json_t *rows; /* the rows of the answer; owned until it is made. NULL: none */
	const char *command;
	const struct control_peer *peer;
	struct control_conn *client;
	bool later; /* the answer is deferred, or a stream of rows */
};

/* The value of an option of the request; NULL: not given. */
const char *operator_option(const struct order *o, const char *name);
/* Writes the command as it was typed. */
void operator_print(const struct order *o, char *out, size_t size);
/* Logs a command that changes the region (SP0009). refused: why it failed; NULL or "": it did not. */
void operator_say_change(struct region *r, const char *what, const struct control_peer *peer, const char *refused);
/* Text that may quote a script, escaped; a new object. */
json_t *operator_text(const char *text);
/* The answer to a command that failed; takes error. */
json_t *operator_refusal(json_t *error);
/* Begins a reload and defers the answer until its end. -1 with o->fault. Sets o->later. */
int operator_begin_reload(struct order *o, struct reload_order *reload);

/* The commands of other files; -1 with o->fault. */
int operator_do_reload(struct order *o);
int operator_do_policy(struct order *o);
int operator_do_shadow(struct order *o);
int operator_do_canary(struct order *o);

#endif
