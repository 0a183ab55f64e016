/* SPDX-License-Identifier: Apache-2.0 */
#include "region/listeners.h"

#include <string.h>

struct listener *
listeners_find(const struct listeners *l, const char *tcpipservice)
{
	for (struct listener *one = l->current; one != NULL; one = one->next)
		if (strcmp(one->entrance.tcpipservice, tcpipservice) == 0)
			return one;
	return NULL;
}

struct listener *
listeners_take(struct listener **list, const char *tcpipservice)
{
	for (struct listener **p = list; *p != NULL; p = &(*p)->next)
		if (strcmp((*p)->entrance.tcpipservice, tcpipservice) == 0) {
			struct listener *one = *p;

			*p = one->next;
			one->next = NULL;
			return one;
		}
	return NULL;
}

void
listeners_share(struct listeners *l)
{
	for (struct listener *one = l->current; one != NULL; one = one->next)
		listener_share(one);
}

void
listeners_retire(struct listeners *l, struct listener *one)
{
	if (one == NULL)
		return;
	listener_end(one);
	one->next = l->retired;
	l->retired = one;
}

void
listeners_close(struct listeners *l)
{
	for (struct listener *one = l->current; one != NULL; one = one->next)
		listener_end(one);
}

void
listeners_bury(struct listeners *l)
{
	for (struct listener **p = &l->retired; *p != NULL;) {
		struct listener *one = *p;

		if (!listener_idle(one)) {
			p = &one->next;
			continue;
		}
		*p = one->next;
		listener_free(one);
	}
}

static void
free_list(struct listener **list)
{
	while (*list != NULL) {
		struct listener *one = *list;

		*list = one->next;
		listener_free(one);
	}
}

void
listeners_free(struct listeners *l)
{
	free_list(&l->current);
	free_list(&l->incoming);
	free_list(&l->retired);
}
