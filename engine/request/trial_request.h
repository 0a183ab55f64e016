/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial_request: a request on the connection of a trial (conn/trial.h), by the rules of request/authority, without a
 * task of the region: no password is checked and no program runs.
 */
#ifndef SALLYPORT_TRIAL_REQUEST_H
#define SALLYPORT_TRIAL_REQUEST_H

#include "conn/trial.h"
#include "ipic/request.h"

/*
 * Asks whether the request may run, with `bytes` of data. Under userauth VERIFY its user counts as one that gave its
 * right password. q is copied. A refusal sets t->refused. Does nothing when the connection has no ipconn; after a
 * refusal of the connection only with `all`.
 */
void trial_request_run(struct trial *t, const struct request *q, size_t bytes);

#endif
