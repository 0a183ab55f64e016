/* SPDX-License-Identifier: Apache-2.0 */
#include "base/zone_rule.h"

#include "base/calendar.h"

#define HOUR 3600
#define DAY 86400
#define HOURS_MAX 167 /* of the time of a change; RFC 8536, 3.3.1 */
#define OFFSET_HOURS 24

/* ---- reading */

struct reading {
	const char *at, *end;
};

static bool
take(struct reading *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A name: three letters or more, or other characters between < and >. */
static bool
take_name(struct reading *r)
{
	const char *start = r->at;

	if (!take(r, '<')) {
		while (r->at < r->end && is_letter(*r->at))
			r->at++;
		return r->at - start >= 3;
	}
	while (r->at < r->end && (is_letter(*r->at) || (*r->at >= '0' && *r->at <= '9') || *r->at == '+' || *r->at == '-'))
		r->at++;
	return r->at - start >= 4 && take(r, '>');
}

static bool
take_number(struct reading *r, int min, int max, int *out)
{
	const char *start = r->at;
	int n = 0;

	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < 3; r->at++)
		n = 10 * n + *r->at - '0';
	*out = n;
	return r->at > start && n >= min && n <= max;
}

/* [+-]hh[:mm[:ss]] */
static bool
take_time(struct reading *r, int hours, int32_t *out)
{
	int sign = take(r, '-') ? -1 : 1, h, m = 0, s = 0;

	if (sign > 0)
		take(r, '+');
	if (!take_number(r, 0, hours, &h))
		return false;
	if (take(r, ':') && (!take_number(r, 0, 59, &m) || (take(r, ':') && !take_number(r, 0, 59, &s))))
		return false;
	*out = sign * (h * HOUR + m * 60 + s);
	return true;
}

/* The offset of a TZ string counts west of Greenwich. */
static bool
take_offset(struct reading *r, int32_t *out)
{
	bool ok = take_time(r, OFFSET_HOURS, out);

	*out = -*out;
	return ok;
}

static bool
take_date(struct reading *r, struct zone_change *c)
{
	if (take(r, 'M')) {
		c->kind = ZONE_MONTH;
		return take_number(r, 1, 12, &c->month) && take(r, '.') && take_number(r, 1, 5, &c->week) && take(r, '.') &&
		       take_number(r, 0, 6, &c->day);
	}
	c->kind = take(r, 'J') ? ZONE_JULIAN : ZONE_DAY;
	return take_number(r, c->kind == ZONE_JULIAN, 365, &c->day);
}

static bool
take_change(struct reading *r, struct zone_change *c)
{
	c->time = 2 * HOUR;
	return take(r, ',') && take_date(r, c) && (!take(r, '/') || take_time(r, HOURS_MAX, &c->time));
}

bool
zone_rule_parse(struct zone_rule *rule, const char *text, size_t len)
{
	struct reading r = { text, text + len };

	*rule = (struct zone_rule){ .changes = false };
	if (!take_name(&r) || !take_offset(&r, &rule->standard))
		return false;
	if (r.at == r.end)
		return true;
	rule->changes = true;
	rule->summer = rule->standard + HOUR;
	if (!take_name(&r) || (r.at < r.end && *r.at != ',' && !take_offset(&r, &rule->summer)))
		return false;
	return take_change(&r, &rule->begin) && take_change(&r, &rule->end) && r.at == r.end;
}

/* ---- answering */

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The day of the Nth week-day of a month; week 5 is the last one. */
static int64_t
day_of_month(int64_t year, const struct zone_change *c)
{
	int64_t first = calendar_days(year, c->month, 1), weekday = calendar_weekday(first);
	int64_t next = c->month == 12 ? calendar_days(year + 1, 1, 1) : calendar_days(year, c->month + 1, 1);
	int64_t day = first + (c->day - weekday + 7) % 7 + (c->week - 1) * 7;

	return day < next ? day : day - 7;
}

/* The time of a change in that year, with the offset before it. */
static int64_t
time_of(const struct zone_change *c, int64_t year, int32_t offset)
{
	int64_t day;

	if (c->kind == ZONE_MONTH)
		day = day_of_month(year, c);
	else if (c->kind == ZONE_DAY)
		day = calendar_days(year, 1, 1) + c->day;
	else
		day = calendar_days(year, 1, 1) + c->day - 1 + (is_leap(year) && c->day >= 60);
	return day * DAY + c->time - offset;
}

/*
 * The last change up to t decides. Changes may lie outside of their year, so the years around are looked at too; of two
 * at one moment the beginning of summer time counts (a zone with summer time all year).
 */
int32_t
zone_rule_offset(const struct zone_rule *r, int64_t t)
{
	int64_t year, last = INT64_MIN, at;
	int32_t offset = r->standard;

	if (!r->changes)
		return r->standard;
	year = calendar_date((t >= 0 ? t : t - DAY + 1) / DAY).year;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		at = time_of(&r->end, y, r->summer);
		if (at <= t && at > last) {
			last = at;
			offset = r->standard;
		}
		at = time_of(&r->begin, y, r->standard);
		if (at <= t && at >= last) {
			last = at;
			offset = r->summer;
		}
	}
	return offset;
}
