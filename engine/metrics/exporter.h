/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exporter: the HTTP server for metrics and health, in a thread of its own: /metrics, /healthz and /readyz. It never
 * asks the loop. A client is a stranger: at most 64 connections are open and at most 100 are accepted in a second; each
 * ends after one answer, or after 10 seconds.
 */
#ifndef SALLYPORT_EXPORTER_H
#define SALLYPORT_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/name.h"

struct exporter;
struct metrics;

/*
 * Listens at `address`, which is "HOST:PORT" (config/resource.h: resource_metrics_fits) or the path of a Unix socket
 * with mode 0600, and starts the thread. m is borrowed until exporter_close. NULL with a sentence that names the
 * address. The caller owns it.
 */
struct exporter *exporter_open(const char *address, struct metrics *m, struct fault *f);
/* Ends the connections and the thread, and removes the Unix socket. NULL is fine. */
void exporter_close(struct exporter *e);
/* The address with the real port ("127.0.0.1:9491"), or the path; borrowed. */
const char *exporter_address(const struct exporter *e);
/* The version of libmicrohttpd; static. */
const char *exporter_library(void);

#endif
