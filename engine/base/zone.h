/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone: the local time of a time zone, read from the bytes of a TZif file (RFC 8536, versions 1 to 4). libc's functions
 * go by a state of the process, which threads share. A zone does not change after it was read.
 */
#ifndef SALLYPORT_ZONE_H
#define SALLYPORT_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define ZONE_BYTES_MAX (64 * 1024) /* of a file; the largest of Debian's has 4 KiB */
/* The times that zone_at takes, in seconds since 1970: about 285 million years both ways. */
#define ZONE_SECONDS_MAX ((int64_t)1 << 53)

struct zone;

struct zone_time {
	int64_t year;
	int month, day;      /* 1 to 12, 1 to 31 */
	int weekday;         /* 1: Monday, 7: Sunday */
	int hour, minute, second;
	int32_t offset;      /* seconds east of Greenwich */
};

/*
 * Reads the bytes of a file. NULL with a sentence: it is no TZif file, is cut short, holds impossible values, or counts
 * leap seconds. The caller owns the zone.
 */
struct zone *zone_parse(const void *bytes, size_t len, struct fault *f);
void zone_free(struct zone *z); /* NULL is fine */
/* The local time at t, which is at most ZONE_SECONDS_MAX away from 1970. */
struct zone_time zone_at(const struct zone *z, int64_t t);

#endif
