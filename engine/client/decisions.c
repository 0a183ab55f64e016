/* SPDX-License-Identifier: Apache-2.0 */
#include "client/decisions.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/command_line.h"
#include "client/moment.h"
#include "client/record_place.h"
#include "client/table.h"
#include "policy/door.h"
#include "policy/facts_json.h"
#include "records/record_reader.h"

#define FOREVER 1e11
#define LOOK_NANOSECONDS 300000000L

static const char usage[] =
	"usage: sallyport decisions [--since T] [--until T] [--refused] [--door D] [--ipconn N] [--code C] [--policy P] [--peer CIDR]\n"
	"                           [--applid A] [--shadow] [--follow] [--json]\n"
	"Prints the decisions in the file of records (region { record = FILE }), oldest first. It needs no region that runs.\n"
	"  --region FILE    the definition of the region, which names the file (default " COMMAND_LINE_REGION_FILE ")\n"
	"  --record FILE    the file itself\n"
	"  --since T        not older than T: 90s, 30m, 1h or 7d before now, or 2026-11-25[T17:40[:10]] in UTC\n"
	"  --until T        not newer than T\n"
	"  --refused        refusals only\n"
	"  --door D         of one door, or of the engine at one stage (tcp, tls, capex, request)\n"
	"  --policy P       of one script\n"
	"  --code C         with one verdict code\n"
	"  --ipconn N, --applid A, --peer CIDR   of one partner; of the addresses 10.1.0.0/16\n"
	"  --shadow         the verdicts of shadows that differ, in place of the decisions; the options filter those verdicts\n"
	"  --follow         goes on with the decisions that come, until it is ended\n"
	"  --json           one JSON array; with --follow one object on a line\n";

struct listing {
	struct record_reader_query query;
	struct addr_prefix peer;
	bool by_peer, json, help, any, damaged; /* any: a decision fitted; damaged: an account was left out */
	const char *region, *record, *since, *until, *cidr;
	json_t *rows; /* owned; NULL: the decisions go to `out` */
	FILE *out;    /* owned: the lines until the file of records is read */
};

/* --- the command line ------------------------------------------------------------------------- */

static int
read_words(struct listing *l, int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "record", required_argument, NULL, 'f' },
		{ "since", required_argument, NULL, 's' }, { "until", required_argument, NULL, 'u' }, { "refused", no_argument, NULL, 'x' },
		{ "door", required_argument, NULL, 'd' }, { "ipconn", required_argument, NULL, 'i' }, { "code", required_argument, NULL, 'c' },
		{ "policy", required_argument, NULL, 'p' }, { "peer", required_argument, NULL, 'a' }, { "applid", required_argument, NULL, 'n' },
		{ "shadow", no_argument, NULL, 'o' }, { "follow", no_argument, NULL, 'w' }, { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int opt;

	optind = 0; /* resets getopt */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'r': l->region = optarg; break;
		case 'f': l->record = optarg; break;
		case 's': l->since = optarg; break;
		case 'u': l->until = optarg; break;
		case 'x': l->query.refused = true; break;
		case 'd': l->query.door = optarg; break;
		case 'i': l->query.ipconn = optarg; break;
		case 'c': l->query.code = optarg; break;
		case 'p': l->query.policy = optarg; break;
		case 'a': l->cidr = optarg; break;
		case 'n': l->query.applid = optarg; break;
		case 'o': l->query.shadows = true; break;
		case 'w': l->query.follow = true; break;
		case 'j': l->json = true; break;
		case 'h': l->help = true; break;
		default: return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

/* The other words of the column door: the stages at which the engine decides, and a reload. */
static const char *const others[] = { "tcp", "tls", "capex", "request", "reload" };

#define OTHERS (sizeof others / sizeof others[0])

static bool
is_door(const char *word)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (strcmp(word, others[i]) == 0)
			return true;
	return door_of(word) != DOOR_COUNT;
}

/* Prints "admit, certify ... or reload". */
static const char *
list_doors(char *out, size_t size)
{
	size_t n = 0;

	for (enum door d = 0; d < DOOR_COUNT && n < size; d++)
		n += (size_t)snprintf(out + n, size - n, "%s, ", door_name(d));
	for (size_t i = 0; i < OTHERS && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i == 0 ? "" : i + 1 == OTHERS ? " or " : ", ", others[i]);
	return out;
}

static int
wrong(const char *option, const char *value, const char *wanted)
{
	fprintf(stderr, "decisions: %s %s is not understood; give %s\n", option, value, wanted);
	return -1;
}

/* Reads the values of the options. -1: stderr has the sentence. */
static int
read_values(struct listing *l)
{
	double now = clock_wall();
	char doors[160];
	struct fault f;

	l->query.until = FOREVER;
	if (l->since != NULL && moment_read(l->since, now, &l->query.since) < 0)
		return wrong("--since", l->since, "90s, 30m, 1h, 7d, or a time such as 2026-11-25T17:40");
	if (l->until != NULL && moment_read(l->until, now, &l->query.until) < 0)
		return wrong("--until", l->until, "90s, 30m, 1h, 7d, or a time such as 2026-11-25T17:40");
	if (l->until != NULL && l->query.follow) {
		fputs("decisions: --follow goes on without an end; leave out --until, or --follow\n", stderr);
		return -1;
	}
	if (l->query.door != NULL && !is_door(l->query.door))
		return wrong("--door", l->query.door, list_doors(doors, sizeof doors));
	l->by_peer = l->cidr != NULL;
	if (l->by_peer && addr_prefix_parse(&l->peer, l->cidr, strlen(l->cidr), &f) < 0)
		return wrong("--peer", l->cidr, "an address or a prefix such as 10.1.0.0/16");
	return 0;
}

/* --- printing --------------------------------------------------------------------------------- */

static json_t *
text_json(const char *text)
{
	return text != NULL ? facts_json_sentence(text) : json_null();
}

static json_t *
decision_json(const struct record_decision *d)
{
	return json_pack("{s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "connection", text_json(d->connection), "time", d->time,
		"door", text_json(d->door), "policy", text_json(d->policy), "file", text_json(d->file), "line",
		d->line > 0 ? json_integer(d->line) : json_null(), "verdict", text_json(d->verdict), "code", text_json(d->code), "text", text_json(d->text),
		"generation", (json_int_t)d->generation, "peer", text_json(d->peer), "tcpipservice", text_json(d->tcpipservice), "ipconn",
		text_json(d->ipconn), "applid", text_json(d->applid), "networkid", text_json(d->networkid));
}

static json_t *
row_of(const struct record_decision *d)
{
	json_t *row = decision_json(d);

	if (d->shadow.class != NULL)
		json_object_update_new(row, json_pack("{s:o, s:o, s:o, s:{s:o, s:o}}", "candidate", text_json(d->shadow.candidate), "class", text_json(d->shadow.class),
			"why", text_json(d->shadow.why), "before", "verdict", text_json(d->shadow.verdict), "code", text_json(d->shadow.code)));
	return row;
}

static const char *
shown(const json_t *row, const char *key, char out[TABLE_CELL])
{
	return table_cell(json_object_get(row, key), out, TABLE_CELL);
}

/* The verdict in force beside that of a shadow. */
static void
print_shadow(FILE *to, const json_t *row)
{
	const json_t *before = json_object_get(row, "before");
	char a[TABLE_CELL], b[TABLE_CELL];

	if (before == NULL)
		return;
	fprintf(to, "  shadow %s: %s", shown(row, "candidate", a), shown(row, "class", b));
	fprintf(to, ", in force %s", shown(before, "verdict", a));
	if (json_is_string(json_object_get(before, "code")))
		fprintf(to, " %s", shown(before, "code", a));
	if (json_is_string(json_object_get(row, "why")))
		fprintf(to, " (%s)", shown(row, "why", a));
}

static void
print_line(FILE *to, const json_t *row, bool recheck)
{
	double at = json_number_value(json_object_get(row, "time"));
	char a[TABLE_CELL], b[TABLE_CELL], c[TABLE_CELL], day[32];
	time_t seconds = (time_t)at;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(to, "%s.%03d  %-10s %-8s %-7s", day, (int)((at - (double)seconds) * 1000), shown(row, "connection", a), shown(row, "door", b),
		shown(row, "verdict", c));
	if (json_is_string(json_object_get(row, "code")))
		fprintf(to, " %s", shown(row, "code", a));
	if (json_is_string(json_object_get(row, "text")))
		fprintf(to, " \"%s\"", shown(row, "text", a));
	fprintf(to, "  peer %s tcpipservice %s", shown(row, "peer", a), shown(row, "tcpipservice", b));
	if (json_is_string(json_object_get(row, "applid")))
		fprintf(to, " %s.%s", shown(row, "networkid", a), shown(row, "applid", b));
	if (json_is_string(json_object_get(row, "ipconn")))
		fprintf(to, " ipconn %s", shown(row, "ipconn", a));
	if (json_is_string(json_object_get(row, "file")))
		fprintf(to, "  at %s:%s", shown(row, "file", a), shown(row, "line", b));
	print_shadow(to, row);
	if (recheck)
		fprintf(to, "  asked again by generation %s", shown(row, "generation", a));
	fputc('\n', to);
}

static bool
fits_peer(const struct listing *l, const struct record_decision *d)
{
	char host[ADDR_TEXT];
	struct addr a;
	int port;

	if (!l->by_peer)
		return true;
	return d->peer != NULL && addr_split(d->peer, host, sizeof host, &port, NULL) == 0 && addr_parse(&a, host, 0) == 0 &&
		addr_prefix_holds(&l->peer, &a);
}

static void
decisions_take(void *arg, const struct record_decision *d)
{
	struct listing *l = arg;
	json_t *row;

	if (!fits_peer(l, d))
		return;
	l->any = true;
	row = row_of(d);
	if (l->rows != NULL) {
		json_array_append_new(l->rows, row);
		return;
	}
	if (l->json)
		json_dumpf(row, l->out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16));
	else
		print_line(l->out, row, d->recheck);
	if (l->json)
		fputc('\n', l->out);
	json_decref(row);
}

static void
decisions_damaged(void *arg, const char *connection)
{
	struct listing *l = arg;

	l->damaged = true;
	fprintf(stderr, "decisions: an account of connection %s is damaged (no JSON), and is left out\n", connection);
}

/* --- the command ------------------------------------------------------------------------------ */

/* Copies the lines to standard output, and empties `out`. */
static int
print_lines(struct listing *l, struct fault *f)
{
	char bytes[8192];
	size_t n;

	if (fflush(l->out) != 0)
		return fault_set(f, "the temporary file of the answer: %s", strerrordesc_np(errno));
	rewind(l->out);
	while ((n = fread(bytes, 1, sizeof bytes, l->out)) > 0)
		fwrite(bytes, 1, n, stdout);
	rewind(l->out);
	return ftruncate(fileno(l->out), 0) == 0 ? 0 : fault_set(f, "the temporary file of the answer: %s", strerrordesc_np(errno));
}

/*
 * Prints the decisions after it has read them: a pager may wait for hours, and the file of records cannot shrink while
 * it is read.
 */
static int
print_decisions(struct listing *l, struct record_reader *r, struct fault *f)
{
	return record_reader_decisions(r, &l->query, decisions_take, l, f) == 0 ? print_lines(l, f) : -1;
}

/* Prints the decisions that come, until standard output is closed. */
static int
follow(struct listing *l, struct record_reader *r, struct fault *f)
{
	while (fflush(stdout) == 0) {
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NANOSECONDS }, NULL);
		if (print_decisions(l, r, f) < 0)
			return -1;
	}
	return 0;
}

/* An empty file without a name; in memory where no temporary file can be made. NULL: errno. */
static FILE *
open_lines(void)
{
	FILE *f = tmpfile();
	int fd = f == NULL ? memfd_create("decisions", MFD_CLOEXEC) : -1;

	if (fd >= 0 && (f = fdopen(fd, "w+")) == NULL)
		close(fd);
	return f;
}

static int
list(struct listing *l, const char *path, struct fault *f)
{
	struct record_reader *r = record_reader_open(path, f);
	int ok = r != NULL ? 0 : -1;

	l->out = open_lines();
	if (ok == 0 && l->out == NULL)
		ok = fault_set(f, "no temporary file: %s", strerrordesc_np(errno));
	if (ok == 0)
		ok = print_decisions(l, r, f);
	if (ok == 0 && l->query.follow)
		ok = follow(l, r, f);
	if (l->out != NULL)
		fclose(l->out);
	record_reader_close(r);
	return ok;
}

static int
run(struct listing *l)
{
	char path[RECORD_PLACE_SIZE];
	struct fault f = { "" };
	int ok;

	l->query.damaged = decisions_damaged;
	if (!record_place_find(l->region, l->record, path)) {
		fprintf(stderr, "decisions: %s names no file of records; give region { record = ... } there, or use --record FILE\n",
			l->region != NULL ? l->region : COMMAND_LINE_REGION_FILE);
		return EXIT_FAILED;
	}
	l->rows = l->json && !l->query.follow ? json_array() : NULL;
	ok = list(l, path, &f);
	if (ok < 0)
		fprintf(stderr, "decisions: %s\n", f.text);
	else if (!l->any && !l->json)
		fprintf(stderr, "no %s in %s fits\n", l->query.shadows ? "verdict of a shadow" : "decision", path);
	if (l->rows != NULL) {
		json_dumpf(l->rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16));
		putchar('\n');
	}
	json_decref(l->rows);
	return ok == 0 && !l->damaged && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

int
decisions_run(int argc, char **argv)
{
	struct listing l = { .rows = NULL };

	if (read_words(&l, argc, argv) < 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (l.help)
		return fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	return read_values(&l) < 0 ? EXIT_USAGE : run(&l);
}
