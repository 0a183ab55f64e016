/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rules.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "sallyport:rules:"
#define KEY (sizeof PREFIX + NAME_SIZE + 1 + RULES_DIGEST)
#define NUMBER 24
#define REPORT (3 * NUMBER + RULES_WHY)

bool
rules_is_digest(const char *text)
{
	return strspn(text, "0123456789abcdef") == RULES_DIGEST - 1 && text[RULES_DIGEST - 1] == '\0';
}

static struct store_question
question(enum store_script script, rules_done done, void *arg)
{
	return (struct store_question){ .script = script, .uncounted = true, .done = done, .arg = arg };
}

/* --- asking ----------------------------------------------------------------------------------- */

struct store_call *
rules_ask(struct store *s, const char *sysplex, const struct rules_report *own, rules_done done, void *arg, struct fault *f)
{
	struct store_question q = question(STORE_SCRIPT_RULES, done, arg);
	char key[KEY], report[REPORT] = "";

	snprintf(key, sizeof key, PREFIX "%s", sysplex);
	if (own != NULL)
		snprintf(report, sizeof report, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %s", own->taken, own->expires, own->refused, own->why);
	store_word_text(&q.words, key);
	store_word_text(&q.words, own != NULL ? own->region : "");
	store_word_text(&q.words, report);
	return store_ask(s, &q, f);
}

struct store_call *
rules_read(struct store *s, const char *sysplex, const char *digest, size_t from, size_t n, rules_done done, void *arg, struct fault *f)
{
	struct store_question q = question(STORE_SCRIPTS, done, arg);
	char key[KEY], first[NUMBER], last[NUMBER];

	snprintf(key, sizeof key, PREFIX "%s:%s", sysplex, digest);
	snprintf(first, sizeof first, "%zu", from);
	snprintf(last, sizeof last, "%zu", from + n - 1);
	store_word_text(&q.words, "GETRANGE");
	store_word_text(&q.words, key);
	store_word_text(&q.words, first);
	store_word_text(&q.words, last);
	return store_ask(s, &q, f);
}

struct store_call *
rules_write(struct store *s, const char *sysplex, const char *digest, size_t from, const void *bytes, size_t n, rules_done done, void *arg,
	struct fault *f)
{
	struct store_question q = question(STORE_SCRIPT_RULES_PIECE, done, arg);
	char key[KEY], at[NUMBER];

	snprintf(key, sizeof key, PREFIX "%s:%s", sysplex, digest);
	snprintf(at, sizeof at, "%zu", from);
	store_word_text(&q.words, key);
	store_word_text(&q.words, at);
	store_word(&q.words, bytes, n);
	return store_ask(s, &q, f);
}

struct store_call *
rules_publish(struct store *s, const char *sysplex, const struct rules_head *h, rules_done done, void *arg, struct fault *f)
{
	struct store_question q = question(STORE_SCRIPT_RULES_PUBLISH, done, arg);
	char key[KEY], serial[NUMBER], size[NUMBER];

	snprintf(key, sizeof key, PREFIX "%s", sysplex);
	snprintf(serial, sizeof serial, "%" PRIu64, h->serial);
	snprintf(size, sizeof size, "%zu", h->size);
	store_word_text(&q.words, key);
	store_word_text(&q.words, serial);
	store_word_text(&q.words, h->digest);
	store_word_text(&q.words, size);
	store_word_text(&q.words, h->region);
	return store_ask(s, &q, f);
}

/* --- the news --------------------------------------------------------------------------------- */

/* "SERIAL DIGEST SIZE [REGION]" */
static void
read_head(const struct store_reply *r, struct rules_head *out)
{
	struct rules_head h = { .serial = 0 };

	*out = (struct rules_head){ .serial = 0 };
	if (r->kind == STORE_TEXT && sscanf(r->text, "%16" SCNu64 " %64s %10zu %17s", &h.serial, h.digest, &h.size, h.region) >= 3 && rules_is_digest(h.digest))
		*out = h;
}

/* "REGION MILLISECONDS TAKEN EXPIRES REFUSED WHY" */
static bool
read_report(const struct store_reply *r, struct rules_report *out)
{
	unsigned long age;
	int n = 0;

	*out = (struct rules_report){ .age = 0 };
	if (r->kind != STORE_TEXT || sscanf(r->text, "%17s %15lu %16" SCNu64 " %16" SCNu64 " %16" SCNu64 " %n", out->region, &age, &out->taken, &out->expires,
		&out->refused, &n) < 5 || n == 0 || !name_pair_ok(out->region))
		return false;
	out->age = (double)age / 1e3;
	text_printable(out->why, sizeof out->why, r->text + n, strlen(r->text + n));
	return true;
}

int
rules_read_news(const struct store_reply *r, struct rules_news *out)
{
	if (r->kind != STORE_LIST || r->n < 2)
		return -1;
	read_head(r->item[0], &out->all);
	read_head(r->item[1], &out->canary);
	if (!name_pair_ok(out->canary.region))
		out->canary.serial = 0;
	out->n = 0;
	for (size_t i = 2; i < r->n && out->n < RULES_REPORTS; i++)
		if (read_report(r->item[i], &out->report[out->n]))
			out->n++;
	return 0;
}

/* --- publishing ------------------------------------------------------------------------------- */

bool
rules_read_above(const struct store_reply *r, struct rules_above *out)
{
	char head[8], sign, end;

	*out = (struct rules_above){ .serial = 0 };
	if (r->kind != STORE_TEXT || sscanf(r->text, "%7s %c", head, &sign) != 2 || sign < '0' || sign > '9' ||
		sscanf(r->text, "%*s %16" SCNu64 "%c", &out->serial, &end) != 1)
		return false;
	out->canary = strcmp(head, "canary") == 0;
	return out->canary || strcmp(head, "all") == 0;
}
