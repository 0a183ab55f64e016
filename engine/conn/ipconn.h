/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipconn: one installed connection, predefined or autoinstalled: one partner, its state, the one or two sockets it owns, its release.
 */
#ifndef SALLYPORT_IPCONN_H
#define SALLYPORT_IPCONN_H

#include "conn/conn.h"
#include "conn/registry.h"
#include "config/resource.h"
#include "conn/statistics.h"
#include "ipic/ipic.h"

/* The places of an ipconn's sockets: two that the partner dialled, two that we dialled (IPIC.md 2.2: A1 A2 are the acquirer's out, B1 B2 its in). */
enum socket_place { SOCKET_IN, SOCKET_IN2, SOCKET_OUT, SOCKET_OUT2, IPCONN_SOCKETS };
#define WAY_SOCKETS 2 /* of one way, at most */
#define TOKEN_SECONDS 30.0

struct ipconn {
	struct ipconn *next, *prev; /* the registry's list, in order of installation; next leads back to it until the turn's end when this one is dropped */
	struct ipconn *buried;      /* among the registry's graves */
	struct worker *worker;      /* borrowed: where it lives */
	struct ipconn_def def;      /* as defined, or as autoinstalled */
	bool inservice;
	bool autoinstalled;
	char template[NAME_SIZE];   /* copied from; "" none */
	char ruled[NAME_SIZE];      /* the definition that says how sockets dialled for it are treated: its own, or the one it was (through others) copied from */
	enum connstatus status;
	struct generation *generation; /* counted; whose URM is told of the deletion */
	/* while not RELEASED */
	struct conn *socket[IPCONN_SOCKETS]; /* borrowed; by enum socket_place */
	int sendcount, receivecount;         /* agreed */
	int sockets, out_sockets;            /* agreed: of way in, of way out (0: one-way) */
	struct capex capex;                  /* of the first socket, as it was sent, for the further one */
	char token[TOKEN_SIZE];              /* "" none, or used */
	double token_until;                  /* clock_span() */
	struct timer goodbye;                /* how long we wait for the answers to our release */
	/* two-way; acquire.c */
	struct timer patience;               /* how long it may be OBTAINING */
	bool acquiring;                      /* we dialled first */
	bool answered;                       /* our first CAPEX, or call-back, has its 200 */
	bool redirected;                     /* a 307 was followed */
	char callback[TOKEN_SIZE];           /* what the call-back has to answer with; "" none, or it has come */
	struct resync resync;                /* ours under way (next is not ""), or the partner's, which waits for our sockets */
	char proposed[TOKEN_SIZE];           /* the recovery token of our last resync request, whatever became of it */
	bool resync_waits;
	double probed;                       /* clock_span() of the last probe by a locked-out partner */
	const char *why;                     /* of the release under way; static */
	bool parting;                        /* the partner has asked for it */
	struct {
		struct timer timer; /* until the next try */
		unsigned tries;     /* in a row that came to nothing, or to a connection that did not last */
		double acquired;    /* clock_span() when it became ACQUIRED; 0: it has not since the last try */
		bool held;          /* an operator wants it RELEASED: not again by itself */
	} again; /* acquire.c */
	char userauth[16];                   /* way out: the partner's rule for users of requests, as its answer says it ("IDENTIFY"); "" not said */
	char further[TOKEN_SIZE];            /* way out: what the partner's answer gave for a second socket; "" none, or used */
	struct ipconn_statistics statistics;
	struct shipment *waiting, *waiting_last; /* for a send session, oldest first (session.h) */
	double waiting_since;                /* clock_span() when the queue was last empty */
	unsigned waiting_served;             /* how many left it for a session since then */
	size_t held;                         /* bytes of its conversations' data in memory; of worker->held */
	bool doomed;                         /* the generation being loaded refuses it: released after the swap */
};

/* Installs: claims name and pair in one step (registry.h); generation is counted. On CLAIM_OK *out is RELEASED. Message DFHIS3030. */
enum claim ipconn_install(struct worker *w, struct generation *g, const struct ipconn_def *def, const char *template, bool autoinstalled,
	struct ipconn **out);
/* Takes a RELEASED one out of the registry; it is freed at the end of the turn. Message DFHIS3030. */
void ipconn_delete(struct ipconn *i);

/* c is i's socket in that place (enum socket_place) from now on. */
void ipconn_join(struct ipconn *i, struct conn *c, unsigned place);
/* Assigns CONNSTATUS. */
void ipconn_enter(struct ipconn *i, enum connstatus s);

/* True when sockets of both ways belong to it, or will: it becomes ACQUIRED by resync. */
bool ipconn_two_way(const struct ipconn *i);
/* Goes over to another generation, its sockets too. */
void ipconn_adopt(struct ipconn *i, struct generation *g);

/* A log line of message m about i, with one insert (value NULL: none). */
void ipconn_say(const struct ipconn *i, enum message m, const char *key, const char *value);
/* The first socket it has, of either way: whose record tells what happens to all. NULL: none. */
struct conn *ipconn_first(const struct ipconn *i);
/* Notes in c's record that c belongs to i, and the agreed counts. */
void ipconn_record(const struct ipconn *i, struct conn *c);
/* Values for policies and operators. */
void ipconn_view(const struct ipconn *i, struct ipconn_view *out);
/* How sockets dialled for i are treated under g: by the definition of its name, or of the template it was copied from. */
const struct service *ipconn_outbound(const struct ipconn *i, const struct generation *g);
/* IDENTIFY's trust rule (IPIC.md 7.4): is this socket one it may be used on, when admit said so of sysplex? */
bool ipconn_trusted(const struct ipconn_def *def, const struct conn *c, bool sysplex);

#endif
