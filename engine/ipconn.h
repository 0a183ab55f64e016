/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipconn: one installed connection, predefined or autoinstalled: one partner, its state, the one or two sockets it owns, its release.
 */
#ifndef SALLYPORT_IPCONN_H
#define SALLYPORT_IPCONN_H

#include "conn.h"
#include "registry.h"
#include "resource.h"

#define IPCONN_SOCKETS 2
#define TOKEN_SECONDS 30.0

struct ipconn {
	struct ipconn *next, *prev; /* the registry's list, in order of installation */
	struct worker *worker;      /* borrowed: where it lives */
	struct ipconn_def def;      /* as defined, or as autoinstalled */
	bool inservice;
	bool autoinstalled;
	char template[NAME_SIZE];   /* copied from; "" none */
	enum connstatus status;
	struct generation *generation; /* counted; whose URM is told of the deletion */
	/* while not RELEASED */
	struct conn *socket[IPCONN_SOCKETS]; /* borrowed; [0] came first */
	int sendcount, receivecount, sockets; /* agreed */
	struct capex capex;                  /* of the first socket, as it was sent, for the further one */
	char token[TOKEN_SIZE];              /* "" none, or used */
	double token_until;                  /* clock_span() */
	struct timer goodbye;                /* how long we wait for the answers to our release */
	double probed;                       /* clock_span() of the last probe by a locked-out partner */
	const char *why;                     /* of the release under way; static */
	bool doomed;                         /* the generation being loaded refuses it: released after the swap */
};

/* Installs: claims name and pair in one step (registry.h); generation is counted. On CLAIM_OK *out is RELEASED. Message DFHIS3030. */
enum claim ipconn_install(struct worker *w, struct generation *g, const struct ipconn_def *def, const char *template, bool autoinstalled,
	struct ipconn **out);
/* Takes a RELEASED one out of the registry; it is freed at the end of the turn. Message DFHIS3030. */
void ipconn_delete(struct ipconn *i);

/* The answer to c's CAPEX was queued: it is socket `n` of i from now on. */
void ipconn_join(struct ipconn *i, struct conn *c, unsigned n);
/* Assigns CONNSTATUS. */
void ipconn_enter(struct ipconn *i, enum connstatus s);

/* One of its sockets ended: all end, and it is released. */
void ipconn_lost(struct ipconn *i, struct conn *c, const char *why);
/* The orderly end: release is asked on every socket, and it waits at most a second (operator, drain). */
void ipconn_release(struct ipconn *i, const char *why);
/* A socket's partner has answered our release; when all have, it is finished. */
void ipconn_goodbye(struct ipconn *i);
/* The end at once: sockets are closed politely, RELEASED; an autoinstalled one is deleted and its URM told. */
void ipconn_finish(struct ipconn *i, const char *why);

/* Asks the URM's delete door of c's service (facts.ipconn says which). The answer is ignored. Message SP0024. */
void ipconn_tell_urm(struct conn *c, struct generation *g, const struct ipconn_def *def);

/* A RELEASED one that was defined, not autoinstalled: when the current generation defines it otherwise, it takes that on; when it does not
 * define it, it goes. Messages DFHIS3030, SP0018. */
void ipconn_settle(struct ipconn *i);

/* Goes over to another generation, its sockets too. */
void ipconn_adopt(struct ipconn *i, struct generation *g);

/* Values for policies and operators. */
void ipconn_view(const struct ipconn *i, struct ipconn_view *out);
/* IDENTIFY's trust rule (IPIC.md 7.4): is this socket one it may be used on? */
bool ipconn_trusted(const struct ipconn_def *def, const struct conn *c);

#endif
