/* SPDX-License-Identifier: Apache-2.0 */
/* operator_internal: one operator's request, as operator.c (which answers it) and operator_set.c (which changes things) share it. */
#ifndef SALLYPORT_OPERATOR_INTERNAL_H
#define SALLYPORT_OPERATOR_INTERNAL_H

#include "admin/operator.h"
#include "region/region.h"
#include "region/reload.h"

#define ARGS_MAX 8

struct order { /* one request, taken apart; strings borrowed from it */
	struct region *region;
	const json_t *request;
	const char *arg[ARGS_MAX];
	size_t nargs;
	struct fault fault;
	json_t *rows; /* what the answer carries; owned until answered */
	const char *command;
	const struct control_peer *peer;
	struct control_asker *asker;
	bool later; /* the answer is owed */
};

/* Names are upper case in the region; operators may type them as they like. */
const char *operator_folded(const char *name, char out[NAME_SIZE]);
/* A reload somebody waits for: the answer comes when it has ended. -1 with order->fault. */
int operator_begin_reload(struct order *o, struct reload_order *reload);

/* The commands that change something; each -1 with order->fault. */
int operator_set(struct order *o);
int operator_release(struct order *o);
int operator_discard(struct order *o);

#endif
