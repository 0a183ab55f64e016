/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reserve: the last descriptors of the process are kept so that an operator can connect and a reload can read its
 * files: 64 of them, at most a quarter of the limit. Callers and clients do not get them.
 */
#ifndef SALLYPORT_RESERVE_H
#define SALLYPORT_RESERVE_H

#include <sys/resource.h>

/*
 * The number of descriptors that callers may use; RLIM_INFINITY: any number. accept returns the lowest free descriptor,
 * so one that is not below this number means that all lower ones are used.
 */
rlim_t reserve_begins(void);

/*
 * Gives the kernel's table of this process room for RESERVE_TABLE descriptors, or as many as the limit allows. While a
 * process has threads, the kernel stops the thread that opens a descriptor for 15 to 40 ms each time that table
 * doubles. Called at the start of the process.
 */
#define RESERVE_TABLE 65536 /* 8 bytes of the kernel's memory each */
void reserve_widen(void);

#endif
