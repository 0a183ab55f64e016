/* SPDX-License-Identifier: Apache-2.0 */
/* io_counts: how often and how much a socket sent and received. */
#ifndef SALLYPORT_IO_COUNTS_H
#define SALLYPORT_IO_COUNTS_H

#include <stdint.h>

struct io_counts { /* what moved on sockets, before TLS */
	uint64_t sends, sent;         /* how often, and bytes */
	uint64_t receives, received;
};

#endif
