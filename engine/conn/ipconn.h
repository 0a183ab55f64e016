/* SPDX-License-Identifier: Apache-2.0 */
/* ipconn: one installed connection to a partner, defined or autoinstalled: its state and its sockets. */
#ifndef SALLYPORT_IPCONN_H
#define SALLYPORT_IPCONN_H

#include "base/keyed.h"
#include "conn/conn.h"
#include "conn/registry.h"
#include "config/resource.h"
#include "conn/statistics.h"
#include "ipic/ipic.h"

/*
 * The places of an ipconn's sockets: two inbound (the partner dialled), two outbound (this side dialled). In IPIC.md
 * 2.2, A1 and A2 are the acquirer's outbound sockets, B1 and B2 its inbound ones.
 */
enum socket_place { SOCKET_IN, SOCKET_IN2, SOCKET_OUT, SOCKET_OUT2, IPCONN_SOCKETS };
#define WAY_SOCKETS 2 /* limit per direction */
#define TOKEN_SECONDS 30.0

struct claims_item;
struct reload_change;

/* The part of an ipconn that is not RELEASED; freed at the end of the turn in which it is RELEASED. */
struct engagement {
	struct ipconn *ipconn;      /* it belongs to */
	struct engagement *idle;    /* the registry's list of those to look at at the end of the turn */
	bool idles;                 /* it is in that list */
	struct ipconn *next, *prev; /* the registry's list of ipconns that are not RELEASED, while `listed` */
	bool listed;
	struct keyed_link by_token, by_callback; /* in the registry's tables */
	uint64_t canary;                     /* the mark of the canary that decides about it (canary.h); 0: none */
	struct conn *socket[IPCONN_SOCKETS]; /* borrowed; by enum socket_place */
	int sendcount, receivecount;         /* agreed session counts */
	int sockets, out_sockets;            /* agreed numbers of inbound and outbound sockets (0: one-way) */
	struct {                             /* of the CAPEX of the first inbound socket: ipconn_hear */
		char applid[NAME_SIZE], networkid[NAME_SIZE];
		char callback[TOKEN_SIZE];
	} heard;
	char token[TOKEN_SIZE];              /* for the partner's further socket; "" none, or used. registry_expect sets it */
	double token_until;                  /* clock_span() */
	struct timer release_limit;          /* limit for the answers to this side's release */
	/* two-way connections (acquire.c) */
	struct timer patience;               /* limit for OBTAINING */
	bool acquiring;                      /* this side is the acquirer */
	bool answered;                       /* this side's first CAPEX (or call-back) was answered with 200 */
	bool redirected;                     /* a 307 was followed */
	char callback[TOKEN_SIZE];           /* the token that the call-back must send; "" none, or used. registry_expect_callback sets it */
	struct resync resync;                /* this side's request (next is not ""), or the partner's, kept */
	bool resync_waits;
	double acquired;                     /* clock_span() when it became ACQUIRED; 0: not since the last try of autoconnect */
	double probed;                       /* clock_span() of the last traffic_probe */
	const char *why;                     /* reason of the release in progress; static */
	bool parting;                        /* the partner has asked for release */
	char userauth[16];                   /* outbound: userauth in the partner's answer ("IDENTIFY"); "" absent */
	char further[TOKEN_SIZE];            /* outbound: the partner's token for the second socket; "" none, or used */
	struct shipment *waiting, *waiting_last; /* requests that wait for a send session, oldest first (session.h) */
	double waiting_since;                /* clock_span() when the queue was last empty */
	unsigned waiting_served;             /* how many of the queue got a session since then */
	size_t held;                         /* bytes of its conversations' data in memory; part of worker->held */
	struct claims_item *claim;           /* in the sysplex (claiming.h); owned; NULL: none */
	bool doomed;                         /* the generation being loaded refuses it: released after the reload */
	struct reload_change *refusal;       /* borrowed: the refusal that a reload will report; NULL: no refusal */
};

/* The part of an ipconn that outlasts its releases; there from its first engagement, or while it connects by itself. */
struct ipconn_history {
	struct ipconn_statistics statistics;
	char proposed[TOKEN_SIZE]; /* the recovery token of this side's last resync request */
	struct {
		struct timer timer; /* until the next try */
		unsigned tries;     /* failed tries in a row; a connection that did not last counts */
	} again; /* autoconnect (acquire.c) */
};

struct ipconn {
	struct ipconn *next, *prev; /* the registry's list; next stays valid in the turn of the removal; then prev is in its graves */
	struct keyed_link by_name, by_pair; /* in the registry's tables */
	struct worker *worker;      /* borrowed */
	struct published_view *seen; /* borrowed from worker->published; NULL: there are no gates */
	const struct ipconn_def *def; /* borrowed from the definition in force, or owned: `owns` */
	struct engagement *engaged;     /* owned; NULL: RELEASED, since the turn before or longer */
	struct ipconn_history *history; /* owned; NULL: none */
	struct generation *generation;  /* counted; its URM is told of the deletion. NULL: defined and RELEASED */
	char template[NAME_SIZE];   /* the template it was copied from; "" none */
	char ruled[NAME_SIZE];      /* the definition for its outbound sockets: its own, or the first of the copies */
	uint8_t status;             /* enum connstatus */
	bool inservice, autoinstalled;
	bool owns;                  /* def: as autoinstalled, or as defined before a reload */
	bool ceded;                 /* it has no pair in the registry (registry_cede) */
	bool held;                  /* an operator released it: no further try of autoconnect */
};

/* The socket at that place, borrowed; NULL: none, or i is RELEASED. */
static inline struct conn *
ipconn_socket(const struct ipconn *i, unsigned place)
{
	return i->engaged != NULL ? i->engaged->socket[place] : NULL;
}

/* The statistics of i, borrowed; all zero when it was never used. */
const struct ipconn_statistics *ipconn_counts(const struct ipconn *i);

/*
 * ipconn_engage: gives i, which leaves RELEASED or has requests that wait, its engagement and its history.
 * ipconn_remember: its history alone. Idempotent. -1: no memory.
 */
int ipconn_engage(struct ipconn *i);
int ipconn_remember(struct ipconn *i);
/* Frees the engagement of i when it is RELEASED and nothing uses the engagement. False: it is in use. */
bool ipconn_disengage(struct ipconn *i);

/*
 * Installs an ipconn: claims name and pair in one step (registry.h), copies template. An autoinstalled one copies def
 * and takes a reference of g. A defined one borrows def, which belongs to the worker's generation, and takes a
 * reference of the current generation when it leaves RELEASED. On CLAIM_OK *out is RELEASED and owned by the registry.
 * Message DFHIS3030.
 */
enum claim ipconn_install(struct worker *w, struct generation *g, const struct ipconn_def *def, const char *template, bool autoinstalled,
	struct ipconn **out);
/*
 * A definition is about to replace that of the worker's generation (succession.h). ipconn_keep: i keeps a copy of its
 * present definition until ipconn_define, for an ipconn with sockets whose definition changes; -1: no memory.
 * ipconn_define: sets d, of the new definition, as the definition of i.
 */
int ipconn_keep(struct ipconn *i);
void ipconn_define(struct ipconn *i, const struct ipconn_def *d);
/* Frees i, which is in no table and no list. */
void ipconn_free(struct ipconn *i);
/* Removes a RELEASED ipconn from the registry; it is freed at the end of the turn. Message DFHIS3030. */
void ipconn_delete(struct ipconn *i);

/* Makes c the socket `place` (enum socket_place) of i, with the mark of i. */
void ipconn_join(struct ipconn *i, struct conn *c, unsigned place);
/* Keeps those members of a partner's first CAPEX by which the further socket is judged and the call-back made. */
void ipconn_hear(struct ipconn *i, const struct capex *x);
/* Assigns CONNSTATUS, with the generation that goes with it; tells the riders. */
void ipconn_enter(struct ipconn *i, enum connstatus s);

/* Puts i into service or out of it. Nothing else changes. */
void ipconn_serve(struct ipconn *i, bool inservice);

/* True when it has, or will have, inbound and outbound sockets: then it becomes ACQUIRED by resync. */
bool ipconn_two_way(const struct ipconn *i);
/* Moves i and its installed sockets to generation g. */
void ipconn_adopt(struct ipconn *i, struct generation *g);

/* Logs message m about i with one insert (value NULL: none). */
void ipconn_say(const struct ipconn *i, enum message m, const char *key, const char *value);
/* The first socket of i in either direction; its record notes what concerns all. NULL: none. Borrowed. */
struct conn *ipconn_first(const struct ipconn *i);
/* Notes in c's record that c belongs to i, with the agreed counts. */
void ipconn_record(const struct ipconn *i, struct conn *c);
/* Fills *out with the values that policies and operators see. */
void ipconn_view(const struct ipconn *i, struct ipconn_view *out);
/* The name of the definition that rules c, while c is a socket that the region dials; else "". Borrowed. */
const char *ipconn_dialled(const struct conn *c);
/* The outbound service for i under g: of i's definition, or of the template it was copied from. Static in g. */
const struct service *ipconn_outbound(const struct ipconn *i, const struct generation *g);
/*
 * The trust rule of userauth IDENTIFY (IPIC.md 7.4): true when c has a verified certificate or sysplex is true (admit's
 * answer), or def does not use IDENTIFY.
 */
bool ipconn_trusted(const struct ipconn_def *def, const struct conn *c, bool sysplex);

#endif
