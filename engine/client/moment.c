/* SPDX-License-Identifier: Apache-2.0 */
#include "client/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int
read_span(const char *text, double *seconds)
{
	static const char units[] = "smhd";
	static const double each[] = { 1, 60, 3600, 86400 };
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] != '\0' ? strchr(units, text[digits]) : NULL;

	if (digits == 0 || digits > 9 || unit == NULL || text[digits + 1] != '\0')
		return -1;
	*seconds = strtod(text, NULL) * each[unit - units];
	return 0;
}

/* True when the calendar has that day: timegm makes 2 March of 30 February. */
static bool
is_day(const struct tm *tm)
{
	struct tm again = *tm;

	timegm(&again);
	return again.tm_mday == tm->tm_mday && again.tm_mon == tm->tm_mon;
}

int
moment_read(const char *text, double now, double *out)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S" };
	double span;

	if (read_span(text, &span) == 0) {
		*out = now - span;
		return 0;
	}
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct tm tm = { .tm_sec = 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0) || !is_day(&tm))
			continue;
		*out = (double)timegm(&tm);
		return 0;
	}
	return -1;
}
