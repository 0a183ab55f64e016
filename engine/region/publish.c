/* SPDX-License-Identifier: Apache-2.0 */
#include "region/publish.h"

#include "net/threadpool.h"
#include "region/follow.h"
#include "region/region.h"
#include "region/rules_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct publish {
	struct region *region; /* borrowed */
	struct rules_head head;
	char sysplex[NAME_SIZE];
	struct rules_fetch *fetch; /* NULL: none */
	struct store_call *call;   /* NULL: none */
	publish_done done;
	void *arg;
};

static void
end(struct publish *p, const char *why)
{
	publish_done done = p->done;
	void *arg = p->arg;

	p->region->publish = NULL;
	free(p);
	done(arg, why);
}

/* Begins; the region has no other publish under way. NULL with a sentence. */
static struct publish *
begin(struct region *r, publish_done done, void *arg, struct fault *f)
{
	const struct region_def *d = &r->worker.generation->definition->region;
	struct publish *p = r->publish == NULL && d->sysplex[0] != '\0' ? calloc(1, sizeof *p) : NULL;

	if (p == NULL) {
		fault_set(f, d->sysplex[0] == '\0' ? "the region is in no sysplex; rules are published by a region that names store and sysplex" :
			"another operator publishes rules, or there is no memory; try again");
		return NULL;
	}
	*p = (struct publish){ .region = r, .done = done, .arg = arg };
	memcpy(p->sysplex, d->sysplex, sizeof p->sysplex);
	r->publish = p;
	return p;
}

static int
drop(struct publish *p)
{
	p->region->publish = NULL;
	free(p);
	return -1;
}

/* --- pieces ----------------------------------------------------------------------------------- */

static void
publish_written(void *arg, const struct store_reply *r, const char *why)
{
	struct publish *p = arg;

	end(p, r != NULL ? NULL : why);
}

int
publish_piece(struct region *r, const char *digest, size_t from, const void *bytes, size_t n, publish_done done, void *arg, struct fault *f)
{
	struct publish *p;

	if (!rules_is_digest(digest) || n == 0 || n > RULES_WRITE || from > BUNDLE_MAX - n)
		return fault_set(f, "not a piece of a bundle");
	p = begin(r, done, arg, f);
	if (p == NULL)
		return -1;
	p->call = rules_write(r->worker.store, p->sysplex, digest, from, bytes, n, publish_written, p, f);
	return p->call != NULL ? 0 : drop(p);
}

/* --- the head --------------------------------------------------------------------------------- */

static void
succeed(struct publish *p)
{
	char number[24];

	log_say(p->region->log, MSG_SP0160, "sysplex", p->sysplex, "#serial", log_number(number, (int64_t)p->head.serial), "canary", p->head.region, NULL);
	end(p, NULL);
}

static void
publish_answered(void *arg, const struct store_reply *r, const char *why)
{
	struct publish *p = arg;
	struct rules_above above;
	struct fault f;

	p->call = NULL;
	if (r != NULL && r->kind == STORE_TEXT && strcmp(r->text, "published") == 0) {
		succeed(p);
		return;
	}
	if (r == NULL || r->kind != STORE_TEXT)
		fault_set(&f, "the store did not confirm the rules: %.200s; publish them again, which changes nothing when it has them", why != NULL ? why : "no text");
	else if (strcmp(r->text, "missing") == 0)
		fault_set(&f, "the store has lost the bundle; publish it again");
	else if (rules_read_above(r, &above))
		fault_set(&f, "serial %llu is published already%s; sign these rules under a higher serial", (unsigned long long)above.serial,
			above.canary ? " to a canary" : "");
	else
		fault_set(&f, "the store gave an answer of another form; inquire store shows its server");
	end(p, f.text);
}

static void
publish_fetched(void *arg, enum rules_fetched outcome, struct bundle *b, const char *why)
{
	struct publish *p = arg;
	struct fault f;

	p->fetch = NULL;
	bundle_unref(b);
	if (outcome != RULES_FETCHED) {
		end(p, why);
		return;
	}
	p->call = rules_publish(p->region->worker.store, p->sysplex, &p->head, publish_answered, p, &f);
	if (p->call == NULL)
		end(p, f.text);
}

static int
judge_canary(const struct region *r, const struct rules_head *h, struct fault *f)
{
	struct rules_report report;

	if (h->region[0] == '\0' || (follow_report(r, h->region, &report) && report.age < RULES_SILENT_SECONDS))
		return 0;
	return fault_set(f, "--canary %s: no region of that name follows; inquire sysplex shows the regions", h->region);
}

int
publish_head(struct region *r, const struct rules_head *h, publish_done done, void *arg, struct fault *f)
{
	const struct followed by = followed_of(&r->worker.generation->definition->region);
	const struct rules_fetch_order o = { .store = r->worker.store, .pool = follow_pool(r), .head = h, .by = &by, .follows = follow_does(r) };
	struct publish *p;

	if (judge_canary(r, h, f) < 0 || (p = begin(r, done, arg, f)) == NULL)
		return -1;
	p->head = *h;
	p->fetch = rules_fetch_begin(&o, publish_fetched, p, f);
	return p->fetch != NULL ? 0 : drop(p);
}

void
publish_cancel(struct region *r)
{
	struct publish *p = r->publish;

	if (p == NULL)
		return;
	rules_fetch_cancel(p->fetch);
	if (p->call != NULL)
		store_cancel(p->call);
	end(p, "the region ended before the rules were published");
}
