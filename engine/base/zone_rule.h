/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone_rule: the rule of a time zone for the years to come, as the footer of a TZif file has it: a TZ string of POSIX
 * with the extensions of RFC 8536 ("CET-1CEST,M3.5.0,M10.5.0/3").
 */
#ifndef SALLYPORT_ZONE_RULE_H
#define SALLYPORT_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone_change { /* the moment of a year at which the offset changes */
	enum { ZONE_MONTH, ZONE_JULIAN, ZONE_DAY } kind; /* Mm.w.d; Jn, without 29 February; n, from 0 */
	int month, week, day; /* of ZONE_MONTH: day 0 is Sunday; of the others only day */
	int32_t time;         /* seconds after midnight, local time before the change */
};

struct zone_rule {
	int32_t standard, summer; /* offsets in seconds east of Greenwich */
	bool changes;             /* false: standard, all year */
	struct zone_change begin, end; /* of summer time */
};

/* Reads a TZ string. False: the text is no TZ string, or has a name but no rule for its summer time. */
bool zone_rule_parse(struct zone_rule *r, const char *text, size_t len);
/* The offset at t, seconds since 1970. */
int32_t zone_rule_offset(const struct zone_rule *r, int64_t t);

#endif
