/* SPDX-License-Identifier: Apache-2.0 */
/* control_client: the client's side of the control socket: sends one request and waits for the answer. */
#ifndef SALLYPORT_CONTROL_CLIENT_H
#define SALLYPORT_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/fault.h"

#define CONTROL_CLIENT_PATH 1024
/*
 * Finds the path of the control socket: control (NULL: not given), or the attribute of the definition `region` (NULL:
 * the default file). path has CONTROL_CLIENT_PATH bytes. Prints the faults of the definition on stderr, with `silent`
 * only when it names no socket. -1: the path is not known; stderr has the sentence, which begins with `command`.
 */
int control_client_find(const char *command, const char *region, const char *control, bool silent, char *path);
/*
 * Sends request (borrowed) to the control socket at `path` and waits for the answer, at most `seconds` from one part
 * of it to the next. The answer is a new reference. NULL with a sentence: no region answers, or the answer is not
 * complete.
 */
json_t *control_client_call(const char *path, const json_t *request, unsigned seconds, struct fault *f);
/*
 * The same; *pid is the process that listens at `path`, in this process's numbering. 0: it is not known here, as in
 * another pid namespace.
 */
json_t *control_client_call_process(const char *path, const json_t *request, unsigned seconds, int *pid, struct fault *f);
/*
 * Waits until the process has ended. Returns at once when the caller cannot wait for it: pid is 0, or there is no such
 * process.
 */
void control_client_await_end(int pid);

#endif
