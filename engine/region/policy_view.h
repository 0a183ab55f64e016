/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_view: the ipconns that policies see (host_world). Normally: the installed ipconns. During a re-ask: the new
 * definitions and the autoinstalled ipconns, without the ipconn that is asked again. Scripts also see the ipconn that a
 * question presumes, in place of an installed one of its name.
 */
#ifndef SALLYPORT_POLICY_VIEW_H
#define SALLYPORT_POLICY_VIEW_H

#include "policy/host_world.h"
#include "conn/worker.h"

/* The callbacks of a host_world (policy/host_world.h). arg: the worker, borrowed; view: a struct recheck_view. */
bool policy_view_ipconn(void *arg, const void *view, const char *name, struct ipconn_view *out);
size_t policy_view_ipconns(void *arg, const void *view, const char *applid, const char *networkid, struct ipconn_view *out, size_t max);
bool policy_view_defined(void *arg, const void *view, const char *name, struct ipconn_view *out);

#endif
