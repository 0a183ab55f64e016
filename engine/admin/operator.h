/* SPDX-License-Identifier: Apache-2.0 */
/* operator: what the control socket's commands do to a region: inquire, set, discard, release, reload, explain, shutdown. */
#ifndef SALLYPORT_OPERATOR_H
#define SALLYPORT_OPERATOR_H

#include "admin/control.h"

/* The control_answer of a region (arg). Every change is logged with the peer's uid and pid (SP0009). Runs on the region's loop. */
json_t *operator_answer(void *arg, const json_t *request, const struct control_peer *peer, struct control_asker *asker);

#endif
