/* SPDX-License-Identifier: Apache-2.0 */
/* connect_tls: the ring and the versions of TLS of a partner's command line. */
#ifndef SALLYPORT_CONNECT_TLS_H
#define SALLYPORT_CONNECT_TLS_H

#include "base/fault.h"

struct connect_line;
struct ring;
struct tls_options;

/*
 * Loads a ring; the caller has a reference. NULL with a sentence. Warnings of the ring are not printed: `check` prints
 * them, and a test may want a flawed partner.
 */
struct ring *connect_tls_ring(const char *dir, struct fault *f);
/* Sets the versions of --tls1.2 and --tls1.3; both without these options. */
void connect_tls_versions(const struct connect_line *l, struct tls_options *o);

#endif
