/* SPDX-License-Identifier: Apache-2.0 */
/* control_client: the operator's side of the control socket: one request, one answer, blocking. */
#ifndef SALLYPORT_CONTROL_CLIENT_H
#define SALLYPORT_CONTROL_CLIENT_H

#include <jansson.h>

#include "base/fault.h"

/* Sends one request to the control socket at `path` and waits for the answer, at most so many seconds. The answer is a new reference. NULL with a sentence:
 * "no region answers at ...". */
json_t *control_client_call(const char *path, const json_t *request, unsigned seconds, struct fault *f);
/* Returns when the process has ended; at once when the caller cannot wait for it (0, no such process, a process of another user). */
void control_client_await_end(int pid);

#endif
