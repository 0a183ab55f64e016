/* SPDX-License-Identifier: Apache-2.0 */
/* A year is counted from March, so that 29 February is its last day; 400 years have ERA days. */
#include "base/calendar.h"

#define ERA 146097
#define TO_1970 719468 /* days from 0000-03-01 */

static int64_t
floor_of(int64_t n, int64_t by)
{
	return (n >= 0 ? n : n - by + 1) / by;
}

int64_t
calendar_days(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, era = floor_of(y, 400), of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - TO_1970;
}

struct calendar_date
calendar_date(int64_t days)
{
	int64_t era = floor_of(days + TO_1970, ERA), of_era = days + TO_1970 - era * ERA;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA - 1)) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

	return (struct calendar_date){ .year = year + era * 400 + (month >= 10), .month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(of_year - (153 * month + 2) / 5) + 1 };
}

int
calendar_weekday(int64_t days)
{
	return (int)(((days + 4) % 7 + 7) % 7);
}
