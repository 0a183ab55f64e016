/* SPDX-License-Identifier: Apache-2.0 */
/* command_words: an operator's command line, read, and what its words and options may be; of a wrong word the nearest one. For command.c. */
#ifndef SALLYPORT_COMMAND_WORDS_H
#define SALLYPORT_COMMAND_WORDS_H

#include <stdbool.h>

#define ARGS_MAX 4

struct command { /* one command line, read */
	const char *name;
	const char *region, *control; /* --region, --control; NULL not given */
	const char *peer, *last, *code; /* of explain */
	bool refused, json, cemt, check, force, reset, now, help;
	char *arg[ARGS_MAX];
	int nargs;
};

/* The first word, the resource to inquire or to set; "" without words. */
const char *command_words_kind(const struct command *c);

/* Whether the words make sense to that command. */
bool command_words_inquire(const struct command *c);
bool command_words_set(const struct command *c);
bool command_words_discard(const struct command *c);
bool command_words_release(const struct command *c);
bool command_words_explain(const struct command *c); /* prints the fault of an option's value on stderr */
bool command_words_none(const struct command *c);
/* Whether each option that was given belongs to the command. */
bool command_words_options(const struct command *c);
/* Prints the first unknown word and the nearest known one on stderr. */
void command_words_misused(const struct command *c);

#endif
