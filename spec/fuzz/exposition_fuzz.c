/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes are a header Accept, and any bytes as labels make lines of the exposition: NAME{LABELS} VALUE, with each
 * quote of a label escaped, in printable ASCII.
 */
#include "metrics/exposition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics.h"
#include "metrics/scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The end of a quoted text that begins behind its quote. */
static const char *
closing(const char *at)
{
	for (; *at != '"'; at++) {
		assert(*at >= ' ' && *at <= '~');
		if (*at == '\\') {
			at++;
			assert(*at == '\\' || *at == '"' || *at == 'n');
		}
	}
	return at;
}

static void
check_labels(const char *at)
{
	do {
		at++;
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz");
		assert(at[0] == '=' && at[1] == '"');
		at = closing(at + 2) + 1;
	} while (*at == ',');
	assert(at[0] == '}' && at[1] == ' ');
}

static void
check_line(const char *line)
{
	const char *at = line + strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	if (*line == '#')
		return;
	assert(strncmp(line, "sallyport_", 10) == 0 && (*at == '{' || *at == ' '));
	if (*at == '{')
		check_labels(at);
	at = strrchr(line, ' ') + 1;
	assert(*at != '\0' && at[strspn(at, "-0123456789.")] == '\0');
}

static void
check_text(struct metrics *m, bool openmetrics)
{
	struct buf out;
	char *rest = NULL;

	assert(scrape_metrics(m, openmetrics, &out) == 0);
	assert(buf_add(&out, "", 1) == 0);
	for (char *line = strtok_r((char *)buf_bytes(&out), "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		check_line(line);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct metrics *m = metrics_new(text, text);
	struct expiries *e = expiries_new();
	struct ask a = { .script = text, .door = DOOR_BIND };

	exposition_wants_openmetrics(text);
	metrics_answered(m, &a);
	metrics_connection(m, text, METRICS_FAILED);
	metrics_request(m, text, METRICS_ANSWERED);
	for (size_t n = 0; n <= strlen(text); n += 1 + strlen(text) / 4)
		expiries_add(e, text, text + n, "signer", (int64_t)n);
	expiries_seal(e);
	metrics_expiries(m, e);
	check_text(m, size % 2 == 0);
	metrics_free(m);
	free(text);
	return 0;
}
