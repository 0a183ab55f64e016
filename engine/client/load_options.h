/* SPDX-License-Identifier: Apache-2.0 */
/* load_options: the command line of `sallyport load`. Several of its options are those of `connect`. */
#ifndef SALLYPORT_LOAD_OPTIONS_H
#define SALLYPORT_LOAD_OPTIONS_H

#include "base/addr.h"
#include "client/connect_options.h"
#include "client/load_kind.h"

#define LOAD_TARGETS 16

struct load_target {
	char host[HOST_SIZE];
	int port;
	struct addr at; /* of load_options_find */
};

struct load_options {
	struct connect_line line; /* the options that connect has too */
	const char *to, *connections, *concurrency, *rate_text, *requests, *made, *bad; /* as they were typed; NULL: not given */
	struct load_target target[LOAD_TARGETS];
	int targets;
	int count;       /* connections */
	int places;      /* connections at a time, at most */
	double rate;     /* connections begun in a second, at most; 0: no limit */
	struct load_mix mix;
	char applid[NAME_SIZE]; /* a run of '#' stands for the number of the connection */
	struct connect_peer_options peer; /* those of every partner; its requests are freed by connect_data_free */
	bool json, help;
};

extern const char load_options_usage[]; /* the text of --help */

/*
 * Reads the command line; the values are borrowed from argv. -1: a word is no option; getopt has printed the complaint.
 */
int load_options_read(struct load_options *o, int argc, char **argv);
/* Reads the values. -1: one is not valid; stderr has a sentence for each of them. Looks no name up. */
int load_options_fill(struct load_options *o);
/* Looks the targets up; blocks. -1: one has no address; stderr has a sentence. */
int load_options_find(struct load_options *o);
/* Writes the APPLID of connection i, which counts from 0. */
void load_options_applid(const struct load_options *o, int i, char out[NAME_SIZE]);

#endif
