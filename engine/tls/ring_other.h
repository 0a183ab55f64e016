/* SPDX-License-Identifier: Apache-2.0 */
/* ring_other: the entries of a ring's directories that are not read. One that looks like a certificate, a CRL or a key is a fault: its author meant it. */
#ifndef SALLYPORT_RING_OTHER_H
#define SALLYPORT_RING_OTHER_H

#include "tls/ring_files.h"

/*
 * A fault for each foreign file that holds -----BEGIN or DER in its first 64 KiB, and for each entry that cannot be read; a warning for each other
 * entry. A second name of a file that is read (the links of `openssl rehash`) is neither; lost+found may be unreadable.
 */
void ring_other_judge(const struct ring_files *files, struct faults *faults);

#endif
