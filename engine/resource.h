/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource: the attribute tables of region, tcpipservice and ipconn: names, ranges, defaults (IPIC.md 4.1, 5.1). One
 * row an attribute; definition.c reads by these rows, inquire prints by them, lhost shows them to policies.
 */
#ifndef SALLYPORT_RESOURCE_H
#define SALLYPORT_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"
#include "verdict.h"

#define PATH_SIZE 256
#define SCRIPT_SIZE 65
#define LABEL_SIZE 33

enum attribute_kind {
	ATTR_NAME,    /* char[NAME_SIZE], folded to upper case */
	ATTR_TEXT,    /* char[size] */
	ATTR_PATH,    /* char[PATH_SIZE] */
	ATTR_SCRIPT,  /* char[SCRIPT_SIZE], folded as DESIGN 3.3; "" none */
	ATTR_INT,     /* int; `no` (if set) is a word that stands for -1 */
	ATTR_SECONDS, /* double >= 0; -1 not given (a tcpipservice's heartbeat) */
	ATTR_CHOICE,  /* int, index into choices */
};

struct attribute {
	const char *name; /* lower case */
	enum attribute_kind kind;
	size_t offset, size;
	double min, max;
	const char *const *choices; /* lower case, ended by NULL; ATTR_CHOICE */
	const char *no;             /* ATTR_INT: "no" */
	const char *value;          /* the default, as text; NULL: required or zero */
	bool acted;                 /* false: accepted, validated, shown, not yet acted on */
};

enum ssl { SSL_NO, SSL_YES_, SSL_CLIENTAUTH };
enum yesno { NO, YES };
enum userauth { USERAUTH_LOCAL, USERAUTH_IDENTIFY, USERAUTH_VERIFY, USERAUTH_DEFAULTUSER };
enum linkauth { LINKAUTH_SECUSER, LINKAUTH_CERTUSER };
enum template_ { TEMPLATE_UNSAID, TEMPLATE_YES, TEMPLATE_ONLY };
enum applid_change { APPLID_CHANGE_ALWAYS, APPLID_CHANGE_BLANK_ONLY };
enum recheck { RECHECK_RELEASE, RECHECK_REPORT, RECHECK_OFF };

struct region_def {
	char applid[NAME_SIZE], networkid[NAME_SIZE], dfltuser[NAME_SIZE];
	char ring[PATH_SIZE], control[PATH_SIZE], policies[PATH_SIZE];
	double tcp_timeout, handshake_timeout, capex_timeout, heartbeat, heartbeat_timeout, drain;
	int maxsockets, halfopen, halfopen_peer;
	int instructions, milliseconds, kilobytes;
	int recheck, workers, records;
	int line;
};

struct tcpipservice_def {
	char tcpipservice[NAME_SIZE];
	char group[NAME_SIZE], description[59];
	int protocol;        /* ipic only */
	int portnumber;      /* 0: the system picks */
	char host[HOST_SIZE];
	char ipaddress[HOST_SIZE];
	int backlog;         /* 0: the stack's maximum */
	int status;          /* 0 open, 1 closed */
	int ssl;             /* enum ssl */
	char certificate[LABEL_SIZE];
	char ciphers[PATH_SIZE];
	int socketclose;     /* no */
	char transaction[5];
	char speciftcps[NAME_SIZE];
	char admit[SCRIPT_SIZE], certify[SCRIPT_SIZE], bind[SCRIPT_SIZE], urm[SCRIPT_SIZE];
	int applid_change;
	double heartbeat, heartbeat_timeout; /* -1: the region's */
	int line;
};

struct ipconn_def {
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
	char group[NAME_SIZE], description[59];
	char host[HOST_SIZE];
	int port; /* -1: NO */
	char tcpipservice[NAME_SIZE];
	int receivecount, sendcount, queuelimit, maxqtime; /* -1: NO */
	int mirrorlife, autoconnect, inservice, ha;
	int ssl; /* no, yes */
	char certificate[LABEL_SIZE];
	char ciphers[PATH_SIZE];
	int linkauth;
	char securityname[NAME_SIZE];
	int userauth, idprop, xlnaction;
	int template_;
	int line;
};

/* One region.lua, read: plain data. Made by definition.c, copied and freed here. */
struct definition {
	char file[PATH_SIZE];
	struct region_def region;
	struct tcpipservice_def *tcpipservice; /* owned */
	size_t ntcpipservices;
	struct ipconn_def *ipconn; /* owned */
	size_t nipconns;
};

/* The tables; each ends with a row whose name is NULL. */
extern const struct attribute region_attributes[], tcpipservice_attributes[], ipconn_attributes[];

const struct attribute *attribute_find(const struct attribute *table, const char *name);
/* The known name nearest to a wrong one, for "did you mean"; NULL when none is near. */
const char *attribute_nearest(const struct attribute *table, const char *name);
/* Puts every default into the struct. */
void attribute_defaults(const struct attribute *table, void *object);
/* Sets from text or from a number; -1 with a sentence that names the attribute, the value and what is allowed. */
int attribute_set_text(const struct attribute *a, void *object, const char *value, size_t len, struct fault *f);
int attribute_set_number(const struct attribute *a, void *object, double value, struct fault *f);
/* The value as text ("CLIENTAUTH", "100", "NO", "fractions as 0.2"); out is filled and returned. CVDA values are upper case. */
const char *attribute_print(const struct attribute *a, const void *object, char *out, size_t size);
/* True for the kinds that --json shows as numbers, with *number set (false for an ATTR_INT that holds its `no`). */
bool attribute_number(const struct attribute *a, const void *object, double *number);

struct definition *definition_copy(const struct definition *d); /* NULL: no memory */
void definition_free(struct definition *d);
const struct tcpipservice_def *definition_tcpipservice(const struct definition *d, const char *name);
const struct ipconn_def *definition_ipconn(const struct definition *d, const char *name);

/* States an installed ipconn can be in (IPIC.md 2.6). */
#define CONNSTATUS(X) X(RELEASED) X(OBTAINING) X(ACQUIRED) X(FREEING)
enum connstatus {
#define X(s) CONN_##s,
	CONNSTATUS(X)
#undef X
};
const char *connstatus_name(enum connstatus s); /* "ACQUIRED" */

/* What policies and operators may see of an installed ipconn: values, no handle. */
struct ipconn_view {
	struct ipconn_def def; /* with the agreed counts while ACQUIRED */
	enum connstatus connstatus;
	bool inservice, autoinstalled;
	char template[NAME_SIZE];
};

#endif
