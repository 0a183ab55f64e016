/* SPDX-License-Identifier: Apache-2.0 */
/* moment: a time as an option of a command gives it. */
#ifndef SALLYPORT_MOMENT_H
#define SALLYPORT_MOMENT_H

/*
 * Reads "90s", "30m", "1h" or "7d" (so long before now), or "2026-11-25", "2026-11-25T17:40" or "2026-11-25T17:40:10",
 * with or without a Z at the end, in UTC. *out and now are seconds since 1970. -1: not understood.
 */
int moment_read(const char *text, double now, double *out);

#endif
