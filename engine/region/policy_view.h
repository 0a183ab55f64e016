/* SPDX-License-Identifier: Apache-2.0 */
/* policy_view: the region as policies may see it (host_world): the installed ipconns; during a re-ask the new definitions, less the one asked about. */
#ifndef SALLYPORT_POLICY_VIEW_H
#define SALLYPORT_POLICY_VIEW_H

#include "policy/host_world.h"
#include "conn/worker.h"

/* The callbacks of a host_world whose arg is the worker. */
bool policy_view_ipconn(void *arg, const char *name, struct ipconn_view *out);
size_t policy_view_ipconns(void *arg, const char *applid, const char *networkid, struct ipconn_view *out, size_t max);
bool policy_view_defined(void *arg, const char *name, struct ipconn_view *out);

#endif
