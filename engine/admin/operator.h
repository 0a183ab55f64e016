/* SPDX-License-Identifier: Apache-2.0 */
/* operator: the commands of the control socket: inquire, set, discard, release, reload, explain, shutdown. */
#ifndef SALLYPORT_OPERATOR_H
#define SALLYPORT_OPERATOR_H

#include "admin/control.h"

struct region;

/* The control_answer of a region (arg). Logs each command that changes the region, with uid and pid (SP0009). */
json_t *operator_answer(void *arg, const json_t *request, const struct control_peer *peer, struct control_conn *client);

/*
 * Opens the control socket at r->control, with operator_answer. NULL with a fault. Owned by the caller, who calls
 * control_close before region_free.
 */
struct control *operator_open(struct region *r, struct faults *faults);

#endif
