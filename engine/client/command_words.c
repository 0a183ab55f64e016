/* SPDX-License-Identifier: Apache-2.0 */
#include "client/command_words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "config/attribute.h"
#include "client/row_filter.h"
#include "client/table.h"

const char *
command_words_kind(const struct command *c)
{
	return c->nargs > 0 ? c->arg[0] : "";
}

static bool
one_of(const char *word, const char *const *words)
{
	while (*words != NULL && strcasecmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static const char *const inquired[] = { "region", "tcpipservice", "ipconn", "session", "conversation", "program", "transaction", "socket", "worker",
	"policy", "door", "counter", "rate", "user", "shadow", "canary", "store", "sysplex", "statistics", NULL };
static const char *const settable[] = { "tcpipservice", "ipconn", "user", NULL }, *const ipconn_only[] = { "ipconn", NULL };
static const char *const services[] = { "open", "closed", "immclose", "urm=SCRIPT", "urm=NO", NULL };
static const char *const conns[] = { "acquired", "released", "inservice", "outservice", "norecovdata", NULL };
static const char *const kept[] = { "list", "show", "diff", "use", "rollback", "export", "sign", "publish", NULL };
static const char *const users[] = { "unrevoke", NULL };
static const char *const purges[] = { "cancel", "forcecancel", "purge", "forcepurge", "kill", NULL };

/* The places of a command line that have fixed words and no names. */
static const struct place {
	const char *command;
	int at;           /* the index of the argument */
	const char *kind; /* the first argument that goes with it; NULL: any */
	const char *const *words;
} places[] = {
	{ "inquire", 0, NULL, inquired },
	{ "set", 0, NULL, settable },
	{ "set", 2, "tcpipservice", services },
	{ "set", 2, "ipconn", conns },
	{ "set", 2, "user", users },
	{ "set", 3, "ipconn", purges },
	{ "discard", 0, NULL, ipconn_only },
	{ "policy", 0, NULL, kept },
};

bool
command_words_inquire(const struct command *c)
{
	bool filters = c->status != NULL || (c->nargs == 2 && row_filter_is_pattern(c->arg[1]));

	if (c->busiest != NULL && (c->nargs != 1 || strcasecmp(command_words_kind(c), "ipconn") != 0 || strspn(c->busiest, "0123456789") != strlen(c->busiest)))
		return false;
	if (c->reset && (strcasecmp(command_words_kind(c), "statistics") != 0 || filters)) /* it would reset the others too */
		return false;
	return (c->nargs == 1 || c->nargs == 2) && one_of(command_words_kind(c), inquired) && (!c->cemt || table_has_cemt(command_words_kind(c)));
}

bool
command_words_set(const struct command *c)
{
	if (c->nargs == 4)
		return strcmp(command_words_kind(c), "ipconn") == 0 && strcasecmp(c->arg[2], "released") == 0 && one_of(c->arg[3], purges);
	if (c->nargs != 3)
		return false;
	if (strcmp(command_words_kind(c), "ipconn") == 0)
		return one_of(c->arg[2], conns);
	if (strcmp(command_words_kind(c), "user") == 0)
		return one_of(c->arg[2], users);
	return strcmp(command_words_kind(c), "tcpipservice") == 0 && (one_of(c->arg[2], services) || strncasecmp(c->arg[2], "urm=", 4) == 0);
}

bool
command_words_discard(const struct command *c)
{
	return c->nargs == 2 && strcmp(command_words_kind(c), "ipconn") == 0;
}

bool
command_words_release(const struct command *c)
{
	return c->nargs == 1 || command_words_discard(c);
}

/* Takes an id, or a code, or any of --peer, --last and --refused. */
bool
command_words_explain(const struct command *c)
{
	struct addr a;

	if (c->peer != NULL && addr_parse(&a, c->peer, 0) < 0) {
		fprintf(stderr, "explain: --peer %s is not a numeric IPv4 or IPv6 address\n", c->peer);
		return false;
	}
	if (c->last != NULL && (c->last[0] < '1' || c->last[0] > '9' || strspn(c->last, "0123456789") != strlen(c->last) || strlen(c->last) > 9)) {
		fprintf(stderr, "explain: --last %s is not a number from 1\n", c->last);
		return false;
	}
	if (c->code != NULL)
		return c->nargs == 0 && c->peer == NULL && c->last == NULL && !c->refused;
	return c->nargs == 1 ? c->peer == NULL && c->last == NULL : c->nargs == 0 && (c->peer != NULL || c->last != NULL || c->refused);
}

bool
command_words_none(const struct command *c)
{
	return c->nargs == 0;
}

bool
command_words_policy(const struct command *c)
{
	static const struct {
		const char *word;
		int least, most;
	} forms[] = { { "list", 1, 1 }, { "show", 3, 3 }, { "diff", 2, 3 }, { "use", 2, 2 }, { "rollback", 1, 1 } };

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (strcasecmp(command_words_kind(c), forms[i].word) == 0)
			return c->nargs >= forms[i].least && c->nargs <= forms[i].most && (i > 2 || c->note == NULL);
	return false;
}

static bool
is_share(const struct command *c)
{
	double share;
	char rest;

	if (c->share == NULL || (c->share[0] >= '0' && c->share[0] <= '9' && sscanf(c->share, "%lf%%%c", &share, &rest) == 1 && share > 0 && share <= 100))
		return true;
	fprintf(stderr, "%s: --share %s is not a percentage above 0 and at most 100, such as 10%%\n", c->name, c->share);
	return false;
}

/* N, a directory, or stop. */
bool
command_words_shadow(const struct command *c)
{
	return is_share(c) && c->nargs == 1;
}

/* Like a shadow; the connections must be given. The region reads the rules and names the forms. */
bool
command_words_canary(const struct command *c)
{
	struct addr_prefix prefix;
	bool chosen = c->share != NULL || c->peer != NULL || c->tcpipservice != NULL;
	struct fault f;

	if (c->peer != NULL && addr_prefix_parse(&prefix, c->peer, strlen(c->peer), &f) < 0) {
		fprintf(stderr, "canary: --peer: %s\n", f.text);
		return false;
	}
	if (!is_share(c) || c->nargs != 1)
		return false;
	if (strcmp(c->arg[0], "stop") == 0)
		return true;
	if (!chosen)
		fprintf(stderr, "canary: give the connections that it decides about: --share P%%, --peer CIDR or --tcpipservice T\n");
	return chosen;
}

/* --- options ---------------------------------------------------------------------------------- */

/* True with a sentence when the command does not have an option that was given. */
static bool
is_foreign(const struct command *c, struct fault *f)
{
	const struct {
		const char *option, *command, *other; /* of one or two commands */
		bool given;
	} options[] = { { "--peer", "explain", "canary", c->peer != NULL }, { "--last", "explain", NULL, c->last != NULL },
		{ "--code", "explain", NULL, c->code != NULL }, { "--record", "explain", NULL, c->record != NULL },
		{ "--refused", "explain", NULL, c->refused }, { "--row", "explain", NULL, c->row }, { "--share", "shadow", "canary", c->share != NULL },
		{ "--tcpipservice", "shadow", "canary", c->tcpipservice != NULL }, { "--rollback-on", "canary", NULL, c->nrules > 0 },
		{ "--now", "shutdown", NULL, c->now }, { "--check", "reload", NULL, c->check }, { "--force", "reload", NULL, c->force },
		{ "--replay", "reload", NULL, c->replay != NULL }, { "--expect", "reload", NULL, c->expect != NULL },
		{ "--note", "reload", "policy", c->note != NULL }, { "--cemt", "inquire", NULL, c->cemt }, { "--reset", "inquire", NULL, c->reset },
		{ "--wide", "inquire", NULL, c->wide }, { "--status", "inquire", NULL, c->status != NULL },
		{ "--busiest", "inquire", NULL, c->busiest != NULL } };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (options[i].given && strcmp(c->name, options[i].command) != 0 && (options[i].other == NULL || strcmp(c->name, options[i].other) != 0)) {
			fault_set(f, "%s belongs to %s%s%s", options[i].option, options[i].command, options[i].other != NULL ? " and " : "",
				options[i].other != NULL ? options[i].other : "");
			return true;
		}
	return false;
}

/* -1 with a sentence: options do not fit the command, or each other. */
static int
fit_options(const struct command *c, struct fault *f)
{
	if (is_foreign(c, f))
		return -1;
	if (strcmp(command_words_kind(c), "stop") == 0 && (c->share != NULL || c->peer != NULL || c->tcpipservice != NULL || c->nrules > 0))
		return fault_set(f, "stop takes none of --share, --peer, --tcpipservice and --rollback-on");
	if (c->expect != NULL && c->replay == NULL)
		return fault_set(f, "--expect belongs to --replay T");
	if (c->row && (c->json || c->code != NULL))
		return fault_set(f, "--row goes with neither --json nor --code");
	if (c->json && c->cemt)
		return fault_set(f, "--json and --cemt are two forms of one answer");
	return 0;
}

bool
command_words_options(const struct command *c)
{
	struct fault f;

	return fit_options(c, &f) == 0;
}

/* Prints the nearest known word to the first unknown word. */
static void
say_nearest(const struct command *c)
{
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const struct place *p = &places[i];
		const char *near;

		if (strcmp(p->command, c->name) != 0 || p->at >= c->nargs || (p->kind != NULL && strcmp(p->kind, command_words_kind(c)) != 0) ||
			one_of(c->arg[p->at], p->words))
			continue;
		near = near_word(p->words, c->arg[p->at]);
		if (near != NULL)
			fprintf(stderr, "; did you mean '%s' by '%s'?", near, c->arg[p->at]);
		return;
	}
}

/* A canary whose words fit: command_words_canary has printed the fault of its options. */
static bool
is_begin(const struct command *c)
{
	return strcmp(c->name, "canary") == 0 && c->nargs == 1 && strcmp(c->arg[0], "stop") != 0;
}

void
command_words_misused(const struct command *c)
{
	struct fault f;

	if (fit_options(c, &f) < 0) {
		fprintf(stderr, "%s: %s\n", c->name, f.text);
		return;
	}
	if (c->peer != NULL || c->last != NULL || c->share != NULL || is_begin(c))
		return; /* the function of the command, or getopt, has printed the fault */
	fprintf(stderr, "%s: %s", c->name, c->nargs == 0 ? "words are missing" : "not understood:");
	for (int i = 0; i < c->nargs; i++)
		fprintf(stderr, " %s", c->arg[i]);
	say_nearest(c);
	fputc('\n', stderr);
}
