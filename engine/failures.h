/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failures: how often in a row a user's password was wrong on an ipconn. Bounded: beyond it the oldest is forgotten, of users that are not
 * known apart from those that are, so that made-up names push no real one out.
 */
#ifndef SALLYPORT_FAILURES_H
#define SALLYPORT_FAILURES_H

#include <stdbool.h>

#define FAILURES_KNOWN 16384
#define FAILURES_UNKNOWN 4096

struct failures;

struct failures *failures_new(void); /* NULL: no memory */
void failures_free(struct failures *f);
unsigned failures_count(const struct failures *f, const char *userid, const char *ipconn);
/* One more; the new count. UINT_MAX without memory: who cannot be counted has failed too often. */
unsigned failures_add(struct failures *f, const char *userid, const char *ipconn, bool known);
void failures_clear(struct failures *f, const char *userid, const char *ipconn); /* ipconn NULL: of every one */

#endif
