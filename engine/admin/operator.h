/* SPDX-License-Identifier: Apache-2.0 */
/* operator: what the control socket's commands do to a region: inquire, set, discard, release, reload, explain, shutdown. */
#ifndef SALLYPORT_OPERATOR_H
#define SALLYPORT_OPERATOR_H

#include "admin/control.h"

struct region;

/* The control_answer of a region (arg). Every change is logged with the peer's uid and pid (SP0009). Runs on the region's loop. */
json_t *operator_answer(void *arg, const json_t *request, const struct control_peer *peer, struct control_asker *asker);

/* Opens the control socket of r at r->control, answered by operator_answer. NULL with a fault. Owned by the caller: control_close before region_free. */
struct control *operator_open(struct region *r, struct faults *faults);

#endif
