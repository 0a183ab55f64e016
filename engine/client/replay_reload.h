/* SPDX-License-Identifier: Apache-2.0 */
/* replay_reload: the replay before a reload (reload --replay). */
#ifndef SALLYPORT_REPLAY_RELOAD_H
#define SALLYPORT_REPLAY_RELOAD_H

#include <stdbool.h>

struct command;

/* Reads c->replay into c->since. False: it is no time, and stderr has the sentence. */
bool replay_reload_reads(struct command *c);
/*
 * Puts the connections recorded since c->since to the definition of c, and prints the differences on stderr. True: no
 * connection is newly accepted, or unknown, that the file c->expect does not cover; c->content is set. False: stderr
 * has the sentence.
 */
bool replay_reload_allows(struct command *c);

#endif
