/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipconn: the installed connections of a region: one partner each, predefined or autoinstalled, and the sockets they own. The
 * registry holds them by name and by (NETWORKID, APPLID); both are claimed in one step (DESIGN 2).
 */
#ifndef SALLYPORT_IPCONN_H
#define SALLYPORT_IPCONN_H

#include "conn.h"
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
};

struct registry;

struct registry *registry_new(void);
void registry_free(struct registry *r); /* every ipconn must be RELEASED */
struct ipconn *registry_first(const struct registry *r); /* then ->next */
struct ipconn *registry_name(const struct registry *r, const char *name);
/* What a CAPEX of that pair matches: never a template = "only". */
struct ipconn *registry_pair(const struct registry *r, const char *networkid, const char *applid);
size_t registry_count(const struct registry *r);

enum claim { CLAIM_OK, CLAIM_PAIR_TAKEN, CLAIM_NAME_TAKEN, CLAIM_NO_MEMORY };
/* Installs: claims name and pair in one step. On CLAIM_OK *out is RELEASED and in service as its definition says. */
enum claim ipconn_install(struct worker *w, const struct ipconn_def *def, struct ipconn **out);
/* Takes a RELEASED one out and frees it. Message DFHIS3030. */
void ipconn_delete(struct ipconn *i);

/* The ipconn that waits for a further socket with this token; constant-time comparison. NULL: none. */
struct ipconn *ipconn_by_token(const struct registry *r, const char *token);

/* The answer to c's CAPEX was queued: it is socket `n` of i from now on. */
void ipconn_join(struct ipconn *i, struct conn *c, unsigned n);
/* Assigns CONNSTATUS. */
void ipconn_enter(struct ipconn *i, enum connstatus s);

/* One of its sockets ended: all end, and it is released. */
void ipconn_lost(struct ipconn *i, struct conn *c, const char *why);
/* The orderly end: release is asked on every socket, and it waits at most a second (operator, drain). */
void ipconn_release(struct ipconn *i, const char *why);
/* The end at once: sockets are closed politely, RELEASED; an autoinstalled one is deleted and its URM told. */
void ipconn_finish(struct ipconn *i, const char *why);

/* Asks the URM's delete door for an autoinstalled one (facts.ipconn). The answer is ignored. */
void ipconn_tell_urm(struct generation *g, const char *tcpipservice, const struct facts *f, const struct ipconn_def *def, struct worker *w,
	struct record *r);

/* Values for policies and operators. */
void ipconn_view(const struct ipconn *i, struct ipconn_view *out);
/* IDENTIFY's trust rule (IPIC.md 7.4): is this socket one it may be used on? */
bool ipconn_trusted(const struct ipconn_def *def, const struct conn *c);

#endif
