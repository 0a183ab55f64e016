/* SPDX-License-Identifier: Apache-2.0 */
/* connect_options_internal: `connect`'s command line: connect_options.c reads it, connect_data.c what the requests carry, connect.c does what it says. */
#ifndef SALLYPORT_CONNECT_OPTIONS_INTERNAL_H
#define SALLYPORT_CONNECT_OPTIONS_INTERNAL_H

#include "client/connect_peer.h"

enum option_id {
	OPT_TO = 1, OPT_APPLID, OPT_NETWORKID, OPT_RING, OPT_LABEL, OPT_TLS12, OPT_TLS13, OPT_SENDCOUNT, OPT_RECEIVECOUNT, OPT_PORT, OPT_HOST,
	OPT_SERVER_APPLID, OPT_SERVER_NETWORKID, OPT_SOCKETS, OPT_HOLD, OPT_TIMEOUT, OPT_NO_HEARTBEAT, OPT_CUT, OPT_NO_FURTHER, OPT_TOKEN,
	OPT_FURTHER_TOKEN, OPT_FURTHER_RING, OPT_FURTHER_LABEL, OPT_FURTHER_APPLID, OPT_FURTHER_NETWORKID,
	OPT_HA, OPT_LINK, OPT_TRAN, OPT_DATA, OPT_FILE, OPT_CCSID, OPT_USERID, OPT_PASSWORD, OPT_PASSWORD_FILE, OPT_PARALLEL, OPT_REQUESTS, OPT_OPEN,
	OPT_OUTPUT, OPT_OVER_COUNT, OPT_NO_PACING, OPT_HOLD_PACING, OPT_HOPS, OPT_HELP, OPT_COUNT,
};

struct partner_line { /* by option; "" for a flag that is given, NULL for what is not */
	const char *value[OPT_COUNT];
};

extern const char partner_usage[];

/* -1: there is something in it that is no option. */
int connect_options_read(struct partner_line *l, int argc, char **argv);
/* All of o but its TLS. -1 when one of the values cannot be; every such one was complained about. */
int connect_options_fill(const struct partner_line *l, struct connect_peer_options *o);

/* One value each; absent: out stays as it is. -1 for one that cannot be, and it complained. */
int partner_text(const struct partner_line *l, int opt, char *out, size_t size);
int partner_number(const struct partner_line *l, int opt, int min, int max, int *out);

/* What the requests carry; reads files, and wipes a password from the command line. -1: it complained. */
int partner_errands(const struct partner_line *l, struct errand_options *o);
/* Wipes and frees what it read. */
void partner_errands_free(struct errand_options *o);

#endif
