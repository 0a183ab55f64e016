/* SPDX-License-Identifier: Apache-2.0 */
/* io_counts: how often and how much a socket sent and received. Sockets of several threads may share one. */
#ifndef SALLYPORT_IO_COUNTS_H
#define SALLYPORT_IO_COUNTS_H

#include <stdint.h>

struct io_counts { /* bytes on sockets, before TLS decrypts and after it encrypts */
	_Atomic uint64_t sends, sent; /* number of calls, and bytes */
	_Atomic uint64_t receives, received;
};

#endif
