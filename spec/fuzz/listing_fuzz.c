/* SPDX-License-Identifier: Apache-2.0 */
/* Each listing has an end, in as many items as it has bytes, and the import is a definition in ASCII, with the faults that it names. */
#include "client/import.h"
#include "client/listing.h"
#include "config/definition_load.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_items(const char *bytes, size_t len)
{
	struct fault f = { "" };
	struct listing *l = listing_open(bytes, len, &f);
	struct listing_item item = { .kind = LISTING_TEXT };
	int line = 1;

	for (size_t n = 0; l != NULL && item.kind != LISTING_END; n++) {
		listing_next(l, &item);
		assert(n <= len && item.line >= line);
		line = item.line;
		assert(memchr(item.value, '\0', sizeof item.value) != NULL && strchr(item.value, '\n') == NULL);
	}
	listing_close(l);
}

/* A line of the result is a comment, or one of those that the engine writes: a value cannot leave its string. */
static void
check_line(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert(line[i] >= ' ' && line[i] <= '~');
	if (n == 0 || strncmp(line, "--", 2) == 0 || strncmp(line, "  -- ", 5) == 0 || strncmp(line, "}", 1) == 0)
		return;
	assert(strncmp(line, "region {", 8) == 0 || strncmp(line, "tcpipservice \"", 14) == 0 || strncmp(line, "ipconn \"", 8) == 0 ||
		strncmp(line, "  ", 2) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct import_options o = { .file = "listing", .applid = "CICSA", .networkid = "NETA" };
	struct import_result r;
	struct fault f = { "" };
	struct faults again = { 0 };

	read_items((const char *)data, size);
	if (import_listing((const char *)data, size, &o, &r, &f) < 0) {
		assert(r.text == NULL && f.text[0] != '\0');
		return 0;
	}
	for (size_t at = 0; at < r.len;) {
		size_t n = strcspn(r.text + at, "\n");

		check_line(r.text + at, n);
		at += n + 1;
	}
	definition_free(definition_load_bytes("again.lua", r.text, r.len, &again));
	assert(again.errors == r.faults);
	faults_free(&again);
	free(r.text);
	return 0;
}
