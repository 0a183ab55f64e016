/* SPDX-License-Identifier: Apache-2.0 */
/* capex: the capability exchange as plain data (IPIC.md 2.1). */
#ifndef SALLYPORT_CAPEX_H
#define SALLYPORT_CAPEX_H

#include <stdbool.h>

#include "base/name.h"

#define INDOUBT_MAX 999999 /* conversations in doubt that resync can report */

struct capex { /* a CAPEX as the caller sent it (IPIC.md 2.1); names have no trailing blanks */
	char applid[NAME_SIZE];           /* "" is the blank APPLID */
	char networkid[NAME_SIZE];        /* a blank one is replaced by the region's own before a door is asked */
	char suggested_applid[NAME_SIZE]; /* only when applid is blank */
	char server_applid[NAME_SIZE];    /* "" not given */
	char server_networkid[NAME_SIZE];
	char host[HOST_SIZE];
	int port;         /* -1: no call-back */
	int sendcount;    /* of the caller; ISAIC_RECEIVECOUNT has this number */
	int receivecount; /* of the caller */
	int sockets;      /* 1 or 2 */
	int socket;       /* 1; 2 is a further socket with a token */
	char token[TOKEN_SIZE];
	char callback[TOKEN_SIZE];  /* two-way: the token that the call-back must carry; "" none */
	char answering[TOKEN_SIZE]; /* the token of the CAPEX that this call-back answers; "" a first CAPEX */
	bool ha;                    /* the IPCONN of the caller is HA(YES) (IPIC.md 10) */
};

struct capex_answer {
	char response[RESPONSE_SIZE]; /* OK EXCEPTION INVALID DISASTER KERNERROR PURGED */
	char reason[REASON_SIZE];     /* "" when OK */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
	int sendcount, receivecount, sockets; /* of the region; -1 absent */
	char token[TOKEN_SIZE];               /* "" none */
	char connection[CONNECTION_SIZE];
	char userauth[16];                    /* the rule of the region for users of requests ("IDENTIFY"); "" absent */
	char host[HOST_SIZE];                 /* redirected: the address to dial (IPIC.md 10) */
	int port;                             /* redirected; 0 absent */
};

#endif
