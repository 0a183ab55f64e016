/* SPDX-License-Identifier: Apache-2.0 */
/* capex: the capability exchange as plain data (IPIC.md 2.1). */
#ifndef SALLYPORT_CAPEX_IN_H
#define SALLYPORT_CAPEX_IN_H

#include <stdbool.h>

#include "base/name.h"

#define INDOUBT_MAX 999999 /* conversations in doubt that resync can report */

struct capex { /* the capability exchange as the caller sent it (IPIC.md 2.1), names without trailing blanks */
	char applid[NAME_SIZE];           /* "" is the blank APPLID */
	char networkid[NAME_SIZE];        /* blank was replaced by the region's own before any door is asked */
	char suggested_applid[NAME_SIZE]; /* only when applid is blank */
	char server_applid[NAME_SIZE];    /* "" not given */
	char server_networkid[NAME_SIZE];
	char host[HOST_SIZE];
	int port;         /* -1: no call-back */
	int sendcount;    /* the caller's: what ISAIC_RECEIVECOUNT holds */
	int receivecount; /* the caller's */
	int sockets;      /* 1 or 2 */
	int socket;       /* 1; 2 is a further socket with a token */
	char token[TOKEN_SIZE];
	char callback[TOKEN_SIZE];  /* two-way: what the call-back must answer with; "" none */
	char answering[TOKEN_SIZE]; /* this is the call-back to the CAPEX that carried it; "" a first one */
	bool ha;                    /* the caller's IPCONN is HA(YES) (IPIC.md 10) */
};

struct capex_answer {
	char response[RESPONSE_SIZE]; /* OK EXCEPTION INVALID DISASTER KERNERROR PURGED */
	char reason[REASON_SIZE];     /* "" when OK */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
	int sendcount, receivecount, sockets; /* the region's; -1 not there */
	char token[TOKEN_SIZE];               /* "" none */
	char connection[CONNECTION_SIZE];
	char userauth[16];                    /* the region's rule for requests' users ("IDENTIFY"); "" not said */
	char host[HOST_SIZE];                 /* 307: dial this instead (IPIC.md 10) */
	int port;                             /* 307; 0 not there */
};

#endif
