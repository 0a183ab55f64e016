/* SPDX-License-Identifier: Apache-2.0 */
#include "base/zone.h"

#include "base/calendar.h"
#include "base/zone_rule.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 44
#define DAY 86400
#define TYPE_BYTES 6
#define OFFSET_MAX (26 * 3600) /* seconds; RFC 8536, 3.2 allows up to 25:59:59 */

struct zone {
	struct zone_rule rule; /* for times after the last change */
	bool has_rule;
	size_t changes, types;
	int64_t *at;    /* owned: the times of the changes, ascending */
	uint8_t *type;  /* owned: the type from that change on */
	int32_t *offset; /* owned: of each type, in seconds; the first is that of the times before the first change */
};

struct counts { /* of the head of a file, and the bytes of one time */
	uint32_t isut, isstd, leap, time, type, chars;
	size_t wide;
};

static uint32_t
read_32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t
read_time(const uint8_t *p, size_t wide)
{
	return wide == 4 ? (int32_t)read_32(p) : (int64_t)((uint64_t)read_32(p) << 32 | read_32(p + 4));
}

static bool
read_head(const uint8_t *p, size_t len, size_t wide, struct counts *c)
{
	if (len < HEAD || memcmp(p, "TZif", 4) != 0)
		return false;
	*c = (struct counts){ read_32(p + 20), read_32(p + 24), read_32(p + 28), read_32(p + 32), read_32(p + 36), read_32(p + 40), wide };
	return true;
}

/* The bytes of the data behind a head. The counts are below 2^32, so that the sum does not overflow. */
static uint64_t
data_size(const struct counts *c)
{
	return (uint64_t)c->time * (c->wide + 1) + (uint64_t)c->type * TYPE_BYTES + c->chars + (uint64_t)c->leap * (c->wide + 4) + c->isstd +
	       c->isut;
}

static int
take_changes(struct zone *z, const uint8_t *p, const struct counts *c, struct fault *f)
{
	const uint8_t *type = p + c->time * c->wide;

	for (size_t i = 0; i < z->changes; i++) {
		z->at[i] = read_time(p + i * c->wide, c->wide);
		z->type[i] = type[i];
		if ((i > 0 && z->at[i] <= z->at[i - 1]) || type[i] >= c->type)
			return fault_set(f, "is no valid TZif file: its change %zu is impossible", i + 1);
	}
	return 0;
}

static int
take_types(struct zone *z, const uint8_t *p, struct fault *f)
{
	for (size_t i = 0; i < z->types; i++) {
		int32_t offset = (int32_t)read_32(p + i * TYPE_BYTES);

		if (offset <= -OFFSET_MAX || offset >= OFFSET_MAX)
			return fault_set(f, "is no valid TZif file: an offset of %ld seconds is impossible", (long)offset);
		z->offset[i] = offset;
	}
	return 0;
}

static int
take_data(struct zone *z, const uint8_t *p, const struct counts *c, struct fault *f)
{
	if (c->leap > 0)
		return fault_set(f, "counts leap seconds, which the times of facts do not; name the zone without \"right/\"");
	if (c->type == 0 || c->type > 256)
		return fault_set(f, "is no valid TZif file: it has %lu types of local time", (unsigned long)c->type);
	z->changes = c->time;
	z->types = c->type;
	z->at = malloc((z->changes + 1) * sizeof *z->at);
	z->type = malloc(z->changes + 1);
	z->offset = malloc(z->types * sizeof *z->offset);
	if (z->at == NULL || z->type == NULL || z->offset == NULL)
		return fault_set(f, "out of memory");
	if (take_changes(z, p, c, f) < 0)
		return -1;
	return take_types(z, p + c->time * (c->wide + 1), f);
}

/* The footer: a line feed, the rule or nothing, a line feed. */
static int
take_footer(struct zone *z, const uint8_t *p, size_t len, struct fault *f)
{
	const char *text = (const char *)p + 1, *end;

	if (len < 2 || p[0] != '\n' || (end = memchr(text, '\n', len - 1)) == NULL)
		return fault_set(f, "is no valid TZif file: its footer is missing");
	z->has_rule = end > text;
	if (z->has_rule && !zone_rule_parse(&z->rule, text, (size_t)(end - text)))
		return fault_set(f, "is no valid TZif file: its footer is no rule of a time zone");
	return 0;
}

/* Version 1 has times of 4 bytes; later versions have them for old readers only, and all again with 8 bytes behind. */
static int
take_file(struct zone *z, const uint8_t *p, size_t len, struct fault *f)
{
	struct counts c;
	bool old;

	if (!read_head(p, len, 4, &c))
		return fault_set(f, "is no TZif file");
	old = p[4] == 0;
	if (!old && p[4] < '2')
		return fault_set(f, "is a TZif file of an unknown version");
	if (data_size(&c) > len - HEAD)
		return fault_set(f, "is cut short");
	if (old)
		return take_data(z, p + HEAD, &c, f);
	p += HEAD + data_size(&c);
	len -= HEAD + (size_t)data_size(&c);
	if (!read_head(p, len, 8, &c) || data_size(&c) > len - HEAD)
		return fault_set(f, "is cut short");
	if (take_data(z, p + HEAD, &c, f) < 0)
		return -1;
	return take_footer(z, p + HEAD + data_size(&c), len - HEAD - (size_t)data_size(&c), f);
}

struct zone *
zone_parse(const void *bytes, size_t len, struct fault *f)
{
	struct zone *z = calloc(1, sizeof *z);

	if (z == NULL) {
		fault_set(f, "out of memory");
		return NULL;
	}
	if (take_file(z, bytes, len, f) == 0)
		return z;
	zone_free(z);
	return NULL;
}

void
zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->at);
	free(z->type);
	free(z->offset);
	free(z);
}

/* The number of changes up to t. */
static size_t
changes_until(const struct zone *z, int64_t t)
{
	size_t low = 0, high = z->changes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->at[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int32_t
offset_at(const struct zone *z, int64_t t)
{
	size_t n = changes_until(z, t);

	if (n == z->changes && z->has_rule)
		return zone_rule_offset(&z->rule, t);
	return z->offset[n == 0 ? 0 : z->type[n - 1]];
}

struct zone_time
zone_at(const struct zone *z, int64_t t)
{
	int32_t offset = offset_at(z, t);
	int64_t local = t + offset, days = (local >= 0 ? local : local - DAY + 1) / DAY;
	struct calendar_date date = calendar_date(days);
	int second = (int)(local - days * DAY), weekday = calendar_weekday(days);

	return (struct zone_time){ .year = date.year, .month = date.month, .day = date.day, .weekday = weekday == 0 ? 7 : weekday,
		.hour = second / 3600, .minute = second / 60 % 60, .second = second % 60, .offset = offset };
}
