/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_words: the words and options of an operator's command line, their check, and the nearest word to a wrong one.
 */
#ifndef SALLYPORT_COMMAND_WORDS_H
#define SALLYPORT_COMMAND_WORDS_H

#include <stdbool.h>

#define ARGS_MAX 4
#define RULES_MAX 8  /* --rollback-on of one canary */
#define RULE_TEXT 64 /* the longest rule */

struct command { /* one command line; the strings are borrowed from argv */
	const char *name;
	const char *region, *control;   /* --region, --control; NULL: not given */
	const char *peer, *last, *code, *record; /* of explain, and peer of canary; NULL: not given */
	const char *replay, *expect;    /* of reload; NULL: not given */
	double since;                   /* the time that replay means */
	char content[65];               /* of reload --replay: the SHA-256 of the files that were replayed; "" any files */
	const char *status, *busiest;   /* of inquire; NULL: not given */
	const char *share, *tcpipservice; /* of shadow and canary; NULL: not given */
	const char *rule[RULES_MAX];    /* of canary: each --rollback-on */
	int nrules;
	const char *note;               /* of reload, policy use and policy rollback; NULL: not given */
	bool wide, refused, row, json, cemt, check, force, reset, now, help;
	char *arg[ARGS_MAX];
	int nargs;
	int process;                    /* that answered; 0: not known */
};

/* The first word, which is the kind of the resource; "" without words. */
const char *command_words_kind(const struct command *c);

/* True when the words fit the command. */
bool command_words_inquire(const struct command *c);
bool command_words_set(const struct command *c);
bool command_words_discard(const struct command *c);
bool command_words_release(const struct command *c);
bool command_words_explain(const struct command *c); /* prints the fault of an option's value on stderr */
bool command_words_none(const struct command *c);
bool command_words_policy(const struct command *c);
bool command_words_shadow(const struct command *c); /* prints the fault of --share on stderr */
bool command_words_canary(const struct command *c); /* prints the fault of an option's value on stderr */
/* True when each option that was given belongs to the command. */
bool command_words_options(const struct command *c);
/* Prints on stderr what is wrong with the words or options, with the nearest known word. */
void command_words_misused(const struct command *c);

#endif
