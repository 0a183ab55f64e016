/* SPDX-License-Identifier: Apache-2.0 */
#include "client/table.h"

#include <ctype.h>
#include <string.h>

#include "config/attribute.h"

#define COLUMNS_MAX 12
#define GAP 2 /* blanks between two columns */
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

static const struct kind {
	const char *what;
	const char *key[COLUMNS_MAX]; /* the heading is the key in upper case, of a figure without isr_, sor_ or sog_ */
} kinds[] = {
	{ "region", { "applid", "networkid", "status", "generation", "workers", "sockets", "ipconns", "ring", "file" } },
	{ "tcpipservice",
		{ "tcpipservice", "openstatus", "port", "host", "ssl", "urm", "admit", "certify", "bind", "connections", "halfopen" } },
	{ "ipconn",
		{ "ipconn", "applid", "networkid", "servstatus", "connstatus", "receivecount", "sendcount", "tcpipservice", "userauth", "template",
			"autoinstalled", "peer" } },
	{ "session", { "ipconn", "connstatus", "direction", "sessions", "in_use", "free", "peak", "queued", "oldest", "state", "age" } },
	{ "conversation",
		{ "ipconn", "connection", "direction", "conv", "state", "msg", "tran", "program", "userid", "bytes", "age" } },
	{ "program", { "program", "status", "kind", "target", "ccsid", "in_use", "usecount" } },
	{ "transaction", { "transaction", "status", "program", "defined", "in_use" } },
	{ "socket", { "connection", "stage", "way", "peer", "ipconn", "tcpipservice", "generation", "tls", "userid" } },
	{ "worker", { "worker", "role", "busy", "busy_lately", "longest_turn", "connections", "halfopen", "accepted", "memory" } },
	{ "GLOBAL",
		{ "name", "sog_curr_inbound_sockets", "sog_peak_inbound_sockets", "sog_inb_sockets_created", "sog_curr_outbound_sockets",
			"sog_peak_outbound_sockets", "sog_outb_sockets_created", "sog_refused_at_maxsockets" } },
	{ "TCPIPSERVICE",
		{ "name", "sor_trans_attached", "sor_current_conns", "sor_peak_conns", "sor_sockets_refused", "sor_sends", "sor_bytes_sent",
			"sor_receives", "sor_bytes_received", "sor_open_gmt", "sor_close_gmt" } },
	{ "DOOR", { "name", "door_questions", "door_p50_microseconds", "door_p99_microseconds", "door_max_microseconds" } },
	{ "IPCONN",
		{ "name", "isr_current_receive_sessions", "isr_current_send_sessions", "isr_trans_attached", "isr_attaches_refused",
			"isr_total_allocates", "isr_current_queued_allocates", "isr_allocates_failed_link", "isr_conversation_errors" } },
	{ "door", { "door", "asked", "refused" } },
	{ "counter", { "counter", "last", "expires", "left" } },
	{ "rate", { "rate", "count", "per", "burst", "left", "full" } },
	{ "shadow", { "candidate", "state", "share", "connections", "asked", "dropped", "newly_accepted", "newly_refused", "changed", "unknown" } },
	{ "difference", { "door", "class", "before", "after", "count" } },
	{ "sysplex", { "region", "state", "version", "connections", "limit", "store", "conflicts", "advertise", "expired", "refused", "why" } },
	{ "store", { "store", "state", "worker", "server", "version", "regions", "asked", "failed", "waiting", "why" } },
	{ "user", { "user", "partner", "wrong", "bound", "revoked" } },
	{ "version", { "generation", "state", "time", "hash", "by", "of", "pinned", "stored", "note" } },
	{ "policy", { "policy", "doors", "generation", "hash", "current", "age", "memory", "connections", "used_by", "path" } },
};

/* Appends text at `at` and returns the new end. A cell that is too long is cut. */
static size_t
add(char *out, size_t size, size_t at, const char *text)
{
	int n = at < size ? snprintf(out + at, size - at, "%s", text) : 0;

	return at + (size_t)n < size ? at + (size_t)n : size - 1;
}

static void
list_cell(const json_t *list, char *out, size_t size)
{
	size_t at = 0, i;
	json_t *item;
	char text[TABLE_CELL];

	out[0] = '\0';
	json_array_foreach((json_t *)list, i, item) {
		at = add(out, size, at, i > 0 ? ", " : "");
		at = add(out, size, at, table_cell(item, text, sizeof text));
	}
	if (at == 0)
		add(out, size, 0, "-");
}

const char *
table_cell(const json_t *v, char *out, size_t size)
{
	if (json_is_array(v))
		list_cell(v, out, size);
	else if (json_is_string(v) && json_string_length(v) > 0)
		text_printable(out, size, json_string_value(v), json_string_length(v));
	else if (json_is_integer(v))
		snprintf(out, size, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		snprintf(out, size, "%.3f", json_real_value(v));
	else if (json_is_boolean(v))
		snprintf(out, size, "%s", json_is_true(v) ? "YES" : "NO");
	else
		snprintf(out, size, "-");
	return out;
}

static const char *
heading(const char *key)
{
	bool figure = strncmp(key, "isr_", 4) == 0 || strncmp(key, "sor_", 4) == 0 || strncmp(key, "sog_", 4) == 0;

	return figure ? key + 4 : key;
}

static const struct kind *
find(const char *what)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].what, what) == 0)
			return &kinds[i];
	return NULL;
}

/* The columns of a table as they are printed. */
struct layout {
	const char *key[COLUMNS_MAX];
	int width[COLUMNS_MAX];
	size_t n;     /* columns that are shown */
	size_t left;  /* columns behind them that have no room */
	bool colour;
};

static int
width_of(const char *key, const json_t *rows)
{
	int width = (int)strlen(heading(key));
	char text[TABLE_CELL];

	for (size_t i = 0; i < json_array_size(rows); i++) {
		int n = (int)strlen(table_cell(json_object_get(json_array_get(rows, i), key), text, sizeof text));

		width = n > width ? n : width;
	}
	return width;
}

/* Shows the columns from the left on that fit the terminal; the first one in any case. */
static struct layout
lay_out(const struct kind *k, const json_t *rows, const struct terminal *t)
{
	struct layout l = { .colour = t->colour };
	int used = 0;

	for (size_t c = 0; c < COLUMNS_MAX && k->key[c] != NULL; c++) {
		l.key[c] = k->key[c];
		l.width[c] = width_of(k->key[c], rows);
		used += l.width[c] + (c > 0 ? GAP : 0);
		if (c > 0 && t->columns > 0 && (used > t->columns || l.left > 0))
			l.left++;
		else
			l.n++;
	}
	return l;
}

/* The colour of a state: green, yellow or red; NULL: none. */
static const char *
colour_of(const char *word)
{
	static const struct {
		const char *word, *colour;
	} words[] = { { "ACQUIRED", GREEN }, { "INSERVICE", GREEN }, { "OPEN", GREEN }, { "OBTAINING", YELLOW }, { "FREEING", YELLOW },
		{ "OUTSERVICE", RED }, { "CLOSED", RED }, { "DRAINING", YELLOW } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].colour;
	return NULL;
}

/* Prints a cell with its padding. */
static void
print_cell(FILE *to, const struct layout *l, size_t c, const json_t *v)
{
	char text[TABLE_CELL];
	bool last = c + 1 == l->n;
	int pad = l->width[c] - (int)strlen(table_cell(v, text, sizeof text));
	const char *colour = l->colour ? colour_of(text) : NULL;

	if (json_is_number(v) && !last)
		fprintf(to, "%*s", pad, "");
	fprintf(to, "%s%s%s", colour != NULL ? colour : "", text, colour != NULL ? PLAIN : "");
	if (!json_is_number(v) && !last)
		fprintf(to, "%*s", pad, "");
	fprintf(to, last ? "\n" : "%*s", GAP, "");
}

static void
print_row(FILE *to, const struct layout *l, const json_t *row)
{
	for (size_t c = 0; c < l->n; c++)
		print_cell(to, l, c, json_object_get(row, l->key[c]));
}

static void
print_heading(FILE *to, const char *key)
{
	for (const char *p = heading(key); *p != '\0'; p++)
		fputc(toupper((unsigned char)*p), to);
}

static void
print_headings(FILE *to, const struct layout *l)
{
	for (size_t c = 0; c < l->n; c++) {
		print_heading(to, l->key[c]);
		if (c + 1 < l->n)
			fprintf(to, "%*s", l->width[c] - (int)strlen(heading(l->key[c])) + GAP, "");
	}
	fputc('\n', to);
}

static void
print_table(FILE *to, const struct kind *k, const json_t *rows, const struct terminal *t)
{
	struct layout l = lay_out(k, rows, t);

	print_headings(to, &l);
	for (size_t i = 0; i < json_array_size(rows); i++)
		print_row(to, &l, json_array_get(rows, i));
	if (l.left > 0)
		fprintf(to, "%zu more: --wide\n", l.left);
}

/* A table for each kind of record. */
static void
print_statistics(FILE *to, const json_t *rows, const struct terminal *t)
{
	static const char *const resources[] = { "GLOBAL", "TCPIPSERVICE", "DOOR", "IPCONN" };
	bool first = true;

	for (size_t r = 0; r < sizeof resources / sizeof *resources; r++) {
		json_t *some = json_array(), *row;
		size_t i;

		json_array_foreach((json_t *)rows, i, row) {
			const char *resource = json_string_value(json_object_get(row, "resource"));

			if (resource != NULL && strcmp(resource, resources[r]) == 0)
				json_array_append(some, row);
		}
		if (json_array_size(some) > 0) {
			fprintf(to, "%s%s\n", first ? "" : "\n", resources[r]);
			print_table(to, find(resources[r]), some, t);
			first = false;
		}
		json_decref(some);
	}
}

void
table_columns(FILE *to, const char *what, const json_t *rows, const struct terminal *t)
{
	const struct kind *k = find(what);

	if (strcmp(what, "statistics") == 0)
		print_statistics(to, rows, t);
	else if (k != NULL)
		print_table(to, k, rows, t);
}

void
table_listing(FILE *to, const json_t *row)
{
	char text[TABLE_CELL];
	const char *key;
	json_t *v;
	int width = 0;

	json_object_foreach((json_t *)row, key, v)
		width = (int)strlen(key) > width ? (int)strlen(key) : width;
	json_object_foreach((json_t *)row, key, v)
		fprintf(to, "%-*s  %s\n", width, key, table_cell(v, text, sizeof text));
}

bool
table_has_cemt(const char *what)
{
	return strcmp(what, "ipconn") == 0 || strcmp(what, "tcpipservice") == 0;
}

/* A name; "" when the row has none. */
static const char *
name(const json_t *row, const char *key, char out[TABLE_CELL])
{
	const json_t *v = json_object_get(row, key);

	return json_is_string(v) ? text_printable(out, TABLE_CELL, json_string_value(v), json_string_length(v)) : "";
}

/* A CVDA in CEMT's three letters, the first in upper case: ACQUIRED is Acq, NO of ssl is Nos. */
static const char *
cvda(const json_t *row, const char *key, char out[4])
{
	const char *v = json_string_value(json_object_get(row, key));

	snprintf(out, 4, "%.3s", v != NULL ? v : "");
	if (strcmp(key, "ssl") == 0)
		snprintf(out, 4, "%s", strcmp(out, "NO") == 0 ? "NOS" : strcmp(out, "YES") == 0 ? "SSL" : "CLI");
	for (char *p = out; *p != '\0'; p++)
		*p = (char)(p == out ? toupper((unsigned char)*p) : tolower((unsigned char)*p));
	return out;
}

static int
number(const json_t *row, const char *key)
{
	return (int)json_integer_value(json_object_get(row, key));
}

static void
table_cemt_ipconn(FILE *to, const json_t *row)
{
	char a[TABLE_CELL], b[TABLE_CELL], c[TABLE_CELL];
	char s[4], t[4], u[4];

	fprintf(to, " Ipc(%-8s) App(%-8s) Net(%-8s) %s %s %s\n", name(row, "ipconn", a), name(row, "applid", b), name(row, "networkid", c),
		cvda(row, "servstatus", s), cvda(row, "connstatus", t), cvda(row, "ssl", u));
	fprintf(to, "    Rece(%03d) Sen(%03d) Tcp(%-8s)\n", number(row, "receivecount"), number(row, "sendcount"), name(row, "tcpipservice", a));
}

static void
table_cemt_tcpipservice(FILE *to, const json_t *row)
{
	char a[TABLE_CELL], b[TABLE_CELL];
	char s[4], t[4], u[4];

	fprintf(to, " Tcpips(%-8s) %s Por(%05d) %s %s Tra(%-4s)\n", name(row, "tcpipservice", a), cvda(row, "openstatus", s), number(row, "port"),
		cvda(row, "protocol", t), cvda(row, "ssl", u), name(row, "transaction", b));
	fprintf(to, "    Con(%05d) Bac(%05d) Urm(%-8s)\n", number(row, "connections"), number(row, "backlog"), name(row, "urm", a));
}

void
table_cemt(FILE *to, const char *what, const json_t *rows)
{
	for (size_t i = 0; i < json_array_size(rows); i++)
		(strcmp(what, "ipconn") == 0 ? table_cemt_ipconn : table_cemt_tcpipservice)(to, json_array_get(rows, i));
}
