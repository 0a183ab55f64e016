/* SPDX-License-Identifier: Apache-2.0 */
/*
 * free_lists: blocks that OpenSSL frees and soon wants again. A handshake takes and frees some thousand blocks. Each
 * thread keeps the ones that it frees in lists by their size, and gives the last one of a size first: its bytes are
 * still in the cache of the processor. The C library joins and splits such blocks instead. A block that is freed twice
 * ends the process.
 */
#ifndef SALLYPORT_FREE_LISTS_H
#define SALLYPORT_FREE_LISTS_H

#define FREE_LISTS_BYTES (4 * 1024 * 1024) /* that a thread keeps at most; it gives further blocks to the C library */

/*
 * Puts the lists between OpenSSL and the C library, for the whole process. Called once, before any other use of
 * OpenSSL. A thread gives its blocks back when it ends. A block may be freed by another thread than the one that took
 * it. In a build with sanitizers nothing changes: they look at each block. When there is no memory for the lists, or
 * OpenSSL has memory already, the C library keeps its part.
 */
void free_lists_begin(void);

#endif
