/* SPDX-License-Identifier: Apache-2.0 */
/* process: the resources of this process, from /proc. */
#ifndef SALLYPORT_PROCESS_H
#define SALLYPORT_PROCESS_H

struct process_usage { /* a negative value: /proc does not tell it */
	double cpu_seconds;      /* user and system */
	double resident_bytes, virtual_bytes;
	double open_fds, max_fds; /* max_fds: the soft limit */
	double start;             /* seconds since 1970 */
};

/* Reads the usage now. Any thread. */
void process_read(struct process_usage *out);

#endif
