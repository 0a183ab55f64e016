/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that come from a store are replies within the limits, or have a fault, however they are cut. */
#include "store/rules.h"
#include "store/store_codec.h"
#include "store/store_server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
weigh(const struct store_reply *r)
{
	size_t sum = 1;

	assert(r->n <= STORE_REPLY_ITEMS && (r->kind == STORE_LIST || r->n == 0));
	assert(r->text == NULL || r->text[r->len] == '\0');
	for (size_t i = 0; i < r->n; i++)
		sum += weigh(r->item[i]);
	return sum;
}

/* The reply as news about published rules. */
static void
use_as_news(const struct store_reply *r)
{
	struct rules_news *news = calloc(1, sizeof *news);

	if (rules_read_news(r, news) == 0) {
		assert(news->all.serial == 0 || rules_is_digest(news->all.digest));
		assert(news->canary.serial == 0 || strchr(news->canary.region, '.') != NULL);
		for (size_t i = 0; i < news->n; i++)
			for (const char *c = news->report[i].why; *c != '\0'; c++)
				assert(*c >= ' ' && *c <= '~');
	}
	free(news);
}

static void
use(const struct store_reply *r)
{
	struct store_server s = { .role = "" };
	struct fault f;
	const char *rule;

	weigh(r);
	use_as_news(r);
	store_server_take_role(&s, r);
	store_server_take_info(&s, r);
	store_server_take_user(&s, r);
	store_server_fits(&s, &f);
	for (unsigned i = 0; i < STORE_DOUBTS; i++)
		store_server_doubt(&s, i, &rule);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_reader *reader = store_reader_new();
	size_t step = size > 0 ? 1 + data[0] % 64 : 1;
	struct store_reply *r = NULL;
	struct fault f;
	bool good = true;

	assert(reader != NULL);
	for (size_t at = 1; at < size && good; at += step) {
		good = store_reader_feed(reader, data + at, size - at < step ? size - at : step, &f) == 0;
		while (good && (good = store_reader_next(reader, &r, &f) == 0) && r != NULL) {
			use(r);
			store_reply_free(r);
		}
	}
	store_reader_free(reader);
	return 0;
}
