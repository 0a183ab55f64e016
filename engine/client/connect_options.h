/* SPDX-License-Identifier: Apache-2.0 */
/* connect_options: the command line of `sallyport connect`, and the options that `sallyport load` shares with it. */
#ifndef SALLYPORT_CONNECT_OPTIONS_H
#define SALLYPORT_CONNECT_OPTIONS_H

#include "client/connect_peer.h"

enum option_id {
	OPT_TO = 1, OPT_APPLID, OPT_NETWORKID, OPT_RING, OPT_LABEL, OPT_TLS12, OPT_TLS13, OPT_SENDCOUNT, OPT_RECEIVECOUNT, OPT_PORT, OPT_HOST,
	OPT_SERVER_APPLID, OPT_SERVER_NETWORKID, OPT_SOCKETS, OPT_HOLD, OPT_TIMEOUT, OPT_NO_HEARTBEAT, OPT_CUT, OPT_NO_FURTHER, OPT_TOKEN,
	OPT_FURTHER_TOKEN, OPT_FURTHER_RING, OPT_FURTHER_LABEL, OPT_FURTHER_APPLID, OPT_FURTHER_NETWORKID,
	OPT_HA, OPT_LINK, OPT_TRAN, OPT_DATA, OPT_FILE, OPT_CCSID, OPT_USERID, OPT_PASSWORD, OPT_PASSWORD_FILE, OPT_PARALLEL, OPT_REQUESTS, OPT_OPEN,
	OPT_OUTPUT, OPT_OVER_COUNT, OPT_NO_PACING, OPT_HOLD_PACING, OPT_HOPS, OPT_HELP, OPT_COUNT,
};

struct connect_line {
	const char *command; /* the word before a complaint */
	const char *value[OPT_COUNT]; /* indexed by option; "": a flag that was given, NULL: not given */
};

extern const char connect_options_usage[]; /* the text of --help */

/*
 * Reads the command line; the values are borrowed from argv. -1: a word is no option; getopt has printed the complaint.
 */
int connect_options_read(struct connect_line *l, int argc, char **argv);
/* Fills the host and the port of --to. -1: --to is missing or not valid; stderr has a sentence. */
int connect_options_target(const struct connect_line *l, struct connect_peer_options *o);
/* Fills o, all but its target, its TLS and its requests. -1: a value is not valid; stderr has a sentence for each. */
int connect_options_fill(const struct connect_line *l, struct connect_peer_options *o);

/*
 * Copy the value of one option to out, which keeps its value when the option was not given. -1: not valid; stderr has a
 * sentence.
 */
int connect_options_text(const struct connect_line *l, int opt, char *out, size_t size);
int connect_options_number(const struct connect_line *l, int opt, int min, int max, int *out);

#endif
