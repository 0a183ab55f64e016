/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/canary_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

/* True, and *at moves on, when the text there begins with word. */
static bool
skip(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

/* A decimal number without sign and exponent. */
static bool
read_number(const char **at, double *out)
{
	size_t len = strspn(*at, "0123456789.");
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*out = strtod(*at, &end);
	if (end != *at + len)
		return false;
	*at = end;
	return true;
}

/* "/30s", "/1m" or "/1h", the end of the rule. */
static bool
read_window(const char *at, unsigned *seconds)
{
	double n;

	if (!skip(&at, "/") || !read_number(&at, &n))
		return false;
	n *= strcmp(at, "s") == 0 ? 1 : strcmp(at, "m") == 0 ? 60 : strcmp(at, "h") == 0 ? 3600 : 0;
	*seconds = n <= CANARY_RULE_SECONDS ? (unsigned)n : 0;
	return *seconds > 0 && *seconds == n;
}

static bool
read_rule(struct canary_rule *r, const char *at, unsigned *seconds)
{
	if (skip(&at, "refused>")) {
		r->above_live = skip(&at, "live+");
		return read_number(&at, &r->limit) && r->limit < 100 && skip(&at, "%") && read_window(at, seconds);
	}
	r->of_errors = true;
	if (!skip(&at, "error>") || strchr(at, '.') != NULL || !read_number(&at, &r->limit))
		return false;
	return *at == '\0' || read_window(at, seconds);
}

int
canary_rule_read(struct canary_rule *r, const char *text, double now, struct fault *f)
{
	unsigned seconds = 0;

	*r = (struct canary_rule){ .limit = 0 };
	snprintf(r->text, sizeof r->text, "%s", text);
	if (strlen(text) >= sizeof r->text || !read_rule(r, text, &seconds))
		return fault_set(f, "'%.60s' is no rule of a canary; the forms are refused>2%%/1m, refused>live+2%%/1m, error>0 and error>3/1m, "
			"with less than 100%% and a window of whole seconds (30s, 1m) up to 1h", text);
	if (canary_window_begin(&r->own, seconds, now) == 0 && canary_window_begin(&r->live, r->above_live ? seconds : 0, now) == 0)
		return 0;
	return fault_set(f, "no memory for a rule of a canary");
}

/* --- counting --------------------------------------------------------------------------------- */

void
canary_rule_count(struct canary_rule *r, bool live, const struct canary_tally *t, double now)
{
	canary_window_add(live ? &r->live : &r->own, t, now);
}

static double
percent(const struct canary_tally *t)
{
	return 100.0 * (double)t->refused / (double)t->asked;
}

static void
print(const struct canary_rule *r, const char *of, char *out, size_t size)
{
	const struct canary_tally *own = &r->own.sum, *live = &r->live.sum;
	int n;

	if (r->of_errors) {
		snprintf(out, size, "%s: %llu error%s", of, (unsigned long long)own->errors, own->errors == 1 ? "" : "s");
		return;
	}
	n = snprintf(out, size, "%s: %llu of %llu askings were refused (%.1f%%)", of, (unsigned long long)own->refused,
		(unsigned long long)own->asked, percent(own));
	if (r->above_live && n > 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, ", of the live ones %llu of %llu (%.1f%%)", (unsigned long long)live->refused,
			(unsigned long long)live->asked, percent(live));
}

bool
canary_rule_holds(struct canary_rule *r, double now, char *out, size_t size)
{
	const struct canary_tally *own = &r->own.sum, *live = &r->live.sum;
	bool holds;

	canary_window_move(&r->own, now);
	canary_window_move(&r->live, now);
	if (r->of_errors)
		holds = (double)own->errors > r->limit;
	else if (own->asked < CANARY_RULE_ASKINGS || (r->above_live && live->asked < CANARY_RULE_ASKINGS))
		holds = false;
	else
		holds = percent(own) > r->limit + (r->above_live ? percent(live) : 0);
	if (holds)
		print(r, r->text, out, size);
	return holds;
}

void
canary_rule_free(struct canary_rule *r)
{
	canary_window_free(&r->own);
	canary_window_free(&r->live);
}
