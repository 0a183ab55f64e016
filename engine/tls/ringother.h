/* SPDX-License-Identifier: Apache-2.0 */
/* ringother: the entries of a ring's directories that are not read. One that looks like a certificate, a CRL or a key is a fault: its author meant it. */
#ifndef SALLYPORT_RINGOTHER_H
#define SALLYPORT_RINGOTHER_H

#include "tls/ringfiles.h"

/*
 * A fault for each foreign file that holds -----BEGIN or DER in its first 64 KiB, and for each entry that cannot be read; a warning for each other
 * entry. A second name of a file that is read (the links of `openssl rehash`) is neither; lost+found may be unreadable.
 */
void ringother_judge(const struct ringfiles *files, struct faults *faults);

#endif
