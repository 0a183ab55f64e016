/* SPDX-License-Identifier: Apache-2.0 */
#include "client/top_frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/explain.h"

#define REFUSALS_LEAST 5 /* lines of refusals that a frame of 24 lines has */
#define NUMBER 24

struct frame {
	struct screen_line *line;
	int n, max, columns;
};

static void __attribute__((format(printf, 3, 4)))
add(struct frame *f, enum screen_style style, const char *format, ...)
{
	struct screen_line *l;
	va_list ap;

	if (f->n >= f->max)
		return;
	l = &f->line[f->n++];
	l->style = style;
	va_start(ap, format);
	vsnprintf(l->text, sizeof l->text, format, ap);
	va_end(ap);
	l->text[f->columns] = '\0';
	for (size_t n = strlen(l->text); n > 0 && l->text[n - 1] == ' '; n--)
		l->text[n - 1] = '\0';
}

/* A rate, or "-" when it is not known. */
static const char *
rate_text(double rate, char out[NUMBER])
{
	if (rate < 0)
		snprintf(out, NUMBER, "-");
	else
		snprintf(out, NUMBER, rate < 99.95 ? "%.1f" : "%.0f", rate);
	return out;
}

/* A time span: "4.2 ms", "1.30 s". */
static const char *
span_text(double seconds, char out[NUMBER])
{
	if (seconds < 0)
		snprintf(out, NUMBER, "-");
	else if (seconds < 1)
		snprintf(out, NUMBER, "%.1f ms", seconds * 1000);
	else
		snprintf(out, NUMBER, "%.2f s", seconds);
	return out;
}

static const char *
clock_text(double at, char out[NUMBER])
{
	time_t seconds = (time_t)at;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&seconds, &tm) != NULL)
		strftime(out, NUMBER, "%H:%M:%S", &tm);
	return out;
}

/* --- the head --------------------------------------------------------------------------------- */

static const char *
age_text(double started, char out[NUMBER])
{
	long age = (long)(time(NULL) - (time_t)started);

	age = age > 0 ? age : 0;
	if (age >= 86400)
		snprintf(out, NUMBER, "%ldd %02ld:%02ld", age / 86400, age / 3600 % 24, age / 60 % 60);
	else
		snprintf(out, NUMBER, "%02ld:%02ld:%02ld", age / 3600, age / 60 % 60, age % 60);
	return out;
}

static void
add_state(struct frame *f, const struct top_view *v, const struct top_sample *s)
{
	if (!s->answered)
		add(f, SCREEN_CHOSEN, "asking again: %s", s->trouble);
	else if (s->restarted)
		add(f, SCREEN_CHOSEN, "the region was started again");
	else
		add(f, SCREEN_PLAIN, "%s", v->paused ? "paused" : "");
}

static void
add_head(struct frame *f, const struct top_view *v, const struct top_sample *s)
{
	char age[NUMBER], rate[NUMBER], lag[NUMBER], now[NUMBER];

	if (s->at > 0) {
		add(f, SCREEN_STRONG, "%s.%s  %s  generation %.0f  pid %.0f  up %s  %s UTC", s->networkid, s->applid, s->status, s->generation, s->pid,
			age_text(s->started, age), clock_text((double)time(NULL), now));
		add(f, SCREEN_PLAIN, "sockets %.0f  ipconns %.0f  sessions %.0f  refusals %.0f (%s/s)  lag %s", s->sockets, s->ipconns, s->sessions, s->refusals,
			rate_text(s->refusal_rate, rate), span_text(s->lag, lag));
	}
	add_state(f, v, s);
}

/* --- doors ------------------------------------------------------------------------------------ */

static void
add_doors(struct frame *f, const struct top_sample *s)
{
	char asked[NUMBER], refused[NUMBER];

	add(f, SCREEN_STRONG, "%-8s %12s %9s %12s %9s", "DOOR", "ASKED", "/S", "REFUSED", "/S");
	for (size_t i = 0; i < s->ndoors; i++) {
		const struct top_sample_door *d = &s->door[i];

		add(f, SCREEN_PLAIN, "%-8s %12.0f %9s %12.0f %9s", d->name, d->asked, rate_text(d->asked_rate, asked), d->refused,
			rate_text(d->refused_rate, refused));
	}
}

/* --- ipconns ---------------------------------------------------------------------------------- */

static int
descending(double a, double b)
{
	return (a < b) - (a > b);
}

static int
by_name(const struct top_sample_ipconn *a, const struct top_sample_ipconn *b)
{
	return strcmp(a->name, b->name);
}

static int
top_frame_by_requests(const void *a, const void *b)
{
	const struct top_sample_ipconn *x = *(const struct top_sample_ipconn *const *)a, *y = *(const struct top_sample_ipconn *const *)b;
	int c = descending(x->requests, y->requests);

	return c != 0 ? c : by_name(x, y);
}

static int
top_frame_by_rate(const void *a, const void *b)
{
	const struct top_sample_ipconn *x = *(const struct top_sample_ipconn *const *)a, *y = *(const struct top_sample_ipconn *const *)b;
	int c = descending(x->rate, y->rate);

	return c != 0 ? c : by_name(x, y);
}

static int
top_frame_by_use(const void *a, const void *b)
{
	const struct top_sample_ipconn *x = *(const struct top_sample_ipconn *const *)a, *y = *(const struct top_sample_ipconn *const *)b;
	int c = descending(x->in_use + x->queued, y->in_use + y->queued);

	return c != 0 ? c : by_name(x, y);
}

static int
top_frame_by_name(const void *a, const void *b)
{
	return by_name(*(const struct top_sample_ipconn *const *)a, *(const struct top_sample_ipconn *const *)b);
}

static const struct order {
	const char *word;
	int (*compare)(const void *a, const void *b);
} orders[TOP_SORT_COUNT] = {
	[TOP_SORT_REQUESTS] = { "requests", top_frame_by_requests },
	[TOP_SORT_RATE] = { "rate", top_frame_by_rate },
	[TOP_SORT_IN_USE] = { "sessions in use", top_frame_by_use },
	[TOP_SORT_NAME] = { "name", top_frame_by_name },
};

static void
add_ipconns(struct frame *f, const struct top_view *v, const struct top_sample *s, int rows)
{
	const struct top_sample_ipconn *order[TOP_SAMPLE_IPCONNS];
	char rate[NUMBER];

	for (size_t i = 0; i < s->nipconns; i++)
		order[i] = &s->ipconn[i];
	qsort(order, s->nipconns, sizeof *order, orders[v->sort].compare);
	add(f, SCREEN_STRONG, "%-8s %-17s %-9s %10s %8s %6s %6s  %s", "IPCONN", "PARTNER", "STATUS", "REQUESTS", "/S", "IN_USE", "QUEUED", "PEER");
	for (int i = 0; i < rows && i < (int)s->nipconns; i++)
		add(f, SCREEN_PLAIN, "%-8s %-17s %-9s %10.0f %8s %6.0f %6.0f  %s", order[i]->name, order[i]->partner, order[i]->status, order[i]->requests,
			rate_text(order[i]->rate, rate), order[i]->in_use, order[i]->queued, order[i]->peer);
}

/* --- refusals --------------------------------------------------------------------------------- */

int
top_frame_chosen(const struct top_view *v, const struct top_sample *s)
{
	for (size_t i = 0; v->chosen[0] != '\0' && i < s->nrefusals; i++)
		if (strcmp(s->refusal[i].connection, v->chosen) == 0)
			return (int)i;
	return s->nrefusals > 0 ? 0 : -1;
}

/* The first row to show, so that the chosen one is among them. */
static int
first_row(int chosen, int rows)
{
	return chosen >= rows ? chosen - rows + 1 : 0;
}

static void
add_refusals(struct frame *f, const struct top_view *v, const struct top_sample *s, int rows)
{
	int chosen = top_frame_chosen(v, s), first = first_row(chosen, rows);
	char at[NUMBER];

	add(f, SCREEN_STRONG, "%-8s %-11s %-7s %-18s %-21s %s", "REFUSED", "CONNECTION", "WHERE", "CODE", "PEER", "PARTNER");
	for (int i = first; i < first + rows && i < (int)s->nrefusals; i++) {
		const struct top_sample_refusal *r = &s->refusal[i];

		add(f, i == chosen && v->keys ? SCREEN_CHOSEN : SCREEN_PLAIN, "%-8s %-11s %-7s %-18s %-21s %s", clock_text(r->time, at), r->connection, r->where,
			r->code, r->peer, r->partner);
	}
}

/* --- the explanation -------------------------------------------------------------------------- */

/* The text of explain about one record; the caller frees it. NULL: no memory. */
static char *
explanation(const json_t *record)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	json_t *rows = json_pack("[O]", record);

	if (to != NULL && rows != NULL)
		explain_print(to, rows);
	json_decref(rows);
	if (to != NULL && fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* The end of the next line of at most `columns` bytes. */
static const char *
line_end(const char *at, int columns)
{
	size_t n = strcspn(at, "\n");

	return at + (n > (size_t)columns ? (size_t)columns : n);
}

static int
count_lines(const char *text, int columns)
{
	int n = 0;

	for (; *text != '\0'; n++) {
		text = line_end(text, columns);
		text += *text == '\n';
	}
	return n;
}

static void
add_text(struct frame *f, struct top_view *v, const char *text, int rows)
{
	int n = count_lines(text, f->columns), most = n > rows ? n - rows : 0;

	v->scroll = v->scroll > most ? most : v->scroll < 0 ? 0 : v->scroll;
	for (int i = 0; i < v->scroll + rows && *text != '\0'; i++) {
		const char *end = line_end(text, f->columns);

		if (i >= v->scroll)
			add(f, SCREEN_PLAIN, "%.*s", (int)(end - text), text);
		text = end + (*end == '\n');
	}
}

static void
add_explanation(struct frame *f, struct top_view *v, const struct top_sample *s, int rows)
{
	int chosen = top_frame_chosen(v, s);
	char *text = chosen >= 0 ? explanation(s->refusal[chosen].record) : NULL;

	add(f, SCREEN_PLAIN, "%s", "");
	add_text(f, v, text != NULL ? text : "", rows - 1);
	free(text);
}

/* --- the frame -------------------------------------------------------------------------------- */

static void
add_keys(struct frame *f, const struct top_view *v)
{
	while (f->n < f->max)
		add(f, SCREEN_PLAIN, "%s", "");
	f->max++;
	if (v->explaining)
		add(f, SCREEN_STRONG, "q quit  p pause  up/down choose  PgUp/PgDn scroll  Enter close");
	else
		add(f, SCREEN_STRONG, "q quit  p pause  s sort: %s  up/down choose  Enter explain", orders[v->sort].word);
}

/* The lower part: ipconns and refusals, or refusals and the explanation of one. */
static void
add_lower(struct frame *f, struct top_view *v, const struct top_sample *s, int left)
{
	int rows = left - 2 > 0 ? left - 2 : 0, refusals = rows / 2 > REFUSALS_LEAST ? rows / 2 : REFUSALS_LEAST;

	refusals = refusals < rows ? refusals : rows;
	if (v->explaining) {
		refusals = refusals > REFUSALS_LEAST ? REFUSALS_LEAST : refusals;
		add_refusals(f, v, s, refusals);
		add_explanation(f, v, s, left - 1 - refusals);
		return;
	}
	add_ipconns(f, v, s, rows - refusals);
	add_refusals(f, v, s, refusals);
}

int
top_frame_make(struct top_view *v, const struct top_sample *s, struct screen_line line[SCREEN_LINES])
{
	struct frame f = { .line = line, .columns = v->columns < SCREEN_COLUMNS ? v->columns : SCREEN_COLUMNS,
		.max = (v->lines < SCREEN_LINES ? v->lines : SCREEN_LINES) - v->keys };

	add_head(&f, v, s);
	if (s->at > 0) {
		if (!v->explaining)
			add_doors(&f, s);
		add_lower(&f, v, s, f.max - f.n);
	}
	if (v->keys)
		add_keys(&f, v);
	return f.n;
}
