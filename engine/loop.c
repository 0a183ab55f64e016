/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include <ev.h>
#include <stddef.h>

struct ev_loop *
loop_new(void)
{
	return ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
}

void
loop_run(struct ev_loop *loop)
{
	ev_run(loop, 0);
}

void
loop_break(struct ev_loop *loop)
{
	ev_break(loop, EVBREAK_ALL);
}

void
loop_free(struct ev_loop *loop)
{
	if (loop != NULL)
		ev_loop_destroy(loop);
}
