/* SPDX-License-Identifier: Apache-2.0 */
/* calendar: dates of the Gregorian calendar, also before its time, as days since 1970-01-01. */
#ifndef SALLYPORT_CALENDAR_H
#define SALLYPORT_CALENDAR_H

#include <stdint.h>

struct calendar_date {
	int64_t year;
	int month, day; /* from 1 */
};

/* The days from 1970-01-01 to a date. */
int64_t calendar_days(int64_t year, int month, int day);
/* The date of a day. */
struct calendar_date calendar_date(int64_t days);
/* The day of the week; 0: Sunday. */
int calendar_weekday(int64_t days);

#endif
