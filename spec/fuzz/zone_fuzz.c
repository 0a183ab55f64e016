/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are read as a zone have a local time with a sound date at each moment; others have a fault. */
#include "base/zone.h"

#include <assert.h>
#include <string.h>

#include "base/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(const struct zone *z, int64_t t)
{
	struct zone_time at = zone_at(z, t);
	int64_t local = calendar_days(at.year, at.month, at.day) * 86400 + at.hour * 3600 + at.minute * 60 + at.second;

	assert(at.month >= 1 && at.month <= 12 && at.day >= 1 && at.day <= 31 && at.weekday >= 1 && at.weekday <= 7);
	assert(at.hour >= 0 && at.hour < 24 && at.minute >= 0 && at.minute < 60 && at.second >= 0 && at.second < 60);
	assert(local - at.offset == t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = { 0, -1, INT32_MIN, INT32_MAX, 951782400, 4102444800, ZONE_SECONDS_MAX, -ZONE_SECONDS_MAX };
	struct fault f = { "" };
	struct zone *z = zone_parse(data, size, &f);

	assert((z != NULL) == (f.text[0] == '\0'));
	if (z == NULL)
		return 0;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		look(z, times[i]);
	for (int64_t month = 0; month < 24; month++)
		look(z, 2208988800 + month * 2629743);
	zone_free(z);
	return 0;
}
