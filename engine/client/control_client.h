/* SPDX-License-Identifier: Apache-2.0 */
/* control_client: the client's side of the control socket: sends one request and waits for the answer. */
#ifndef SALLYPORT_CONTROL_CLIENT_H
#define SALLYPORT_CONTROL_CLIENT_H

#include <jansson.h>

#include "base/fault.h"

/*
 * Sends request (borrowed) to the control socket at `path` and waits for the answer, at most `seconds`. The answer is a
 * new reference. NULL with a sentence: no region answers, or the answer is not complete.
 */
json_t *control_client_call(const char *path, const json_t *request, unsigned seconds, struct fault *f);
/*
 * Waits until the process has ended. Returns at once when the caller cannot wait for it: pid is 0, or there is no such
 * process.
 */
void control_client_await_end(int pid);

#endif
