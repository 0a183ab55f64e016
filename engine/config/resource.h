/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource: the attribute tables of region, tcpipservice and ipconn: names, ranges, defaults (IPIC.md 4.1, 5.1). One
 * row an attribute; definition.c reads by these rows, inquire prints by them, lhost shows them to policies.
 */
#ifndef SALLYPORT_RESOURCE_H
#define SALLYPORT_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/attribute.h"
#include "base/fault.h"
#include "base/name.h"

enum ssl { SSL_NO, SSL_YES_, SSL_CLIENTAUTH };
enum yesno { NO, YES };
enum service_status { STATUS_OPEN, STATUS_CLOSED };
enum userauth { USERAUTH_LOCAL, USERAUTH_IDENTIFY, USERAUTH_VERIFY, USERAUTH_DEFAULTUSER };
enum linkauth { LINKAUTH_SECUSER, LINKAUTH_CERTUSER };
enum template_ { TEMPLATE_UNSAID, TEMPLATE_YES, TEMPLATE_ONLY };
enum applid_change { APPLID_CHANGE_ALWAYS, APPLID_CHANGE_BLANK_ONLY };
enum sec_ { SEC_UNSAID, SEC_NO, SEC_YES };
enum mirrorlife { MIRRORLIFE_REQUEST, MIRRORLIFE_TASK, MIRRORLIFE_UOW };
enum xlnaction { XLNACTION_KEEP, XLNACTION_FORCE };
enum program_status { PROGRAM_ENABLED, PROGRAM_DISABLED };
enum recheck { RECHECK_RELEASE, RECHECK_REPORT, RECHECK_OFF };

/* In each: `given`, a bit for each row of its table whose key the definition holds; 0 in an object that no definition gave (effect.h). */
struct region_def {
	char applid[NAME_SIZE], networkid[NAME_SIZE], dfltuser[NAME_SIZE];
	char regionuser[NAME_SIZE]; /* the region's own user ID; "" in the definition means its applid, filled in */
	char ring[PATH_SIZE], control[PATH_SIZE], policies[PATH_SIZE]; /* these and the next: from the current directory (path.h) */
	char saf[PATH_SIZE], recovery[PATH_SIZE];
	int sec;                    /* enum sec_ */
	double retry, retry_max;    /* seconds between two tries to acquire: the first pause, the longest */
	int conversation_kilobytes; /* of all conversations' data in memory */
	double tcp_timeout, handshake_timeout, capex_timeout, heartbeat, heartbeat_timeout, drain;
	int maxsockets, halfopen, halfopen_peer;
	int instructions, milliseconds, kilobytes;
	int recheck, workers, records;
	int x509strict; /* no, yes: of chains that are presented */
	int line;
	uint64_t given;
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
	char ciphers[VALUE_SIZE];
	int socketclose;     /* no */
	char transaction[5];
	char speciftcps[NAME_SIZE];
	char admit[SCRIPT_SIZE], certify[SCRIPT_SIZE], bind[SCRIPT_SIZE], urm[SCRIPT_SIZE], attach[SCRIPT_SIZE];
	int applid_change;
	double heartbeat, heartbeat_timeout; /* -1: the region's */
	int line;
	uint64_t given;
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
	char ciphers[VALUE_SIZE];
	int linkauth;
	char securityname[NAME_SIZE];
	int userauth, idprop, xlnaction;
	char admit[SCRIPT_SIZE], certify[SCRIPT_SIZE]; /* for way out */
	int template_;
	int line;
	uint64_t given;
};

struct program_def { /* what a request may run; exactly one of builtin, script, url, ipconn is given */
	char program[NAME_SIZE];
	char description[59];
	int status;                  /* enum program_status */
	char builtin[NAME_SIZE];     /* ECHO, WHOAMI; also by the program's own name when nothing else is given */
	char script[SCRIPT_SIZE];    /* its function `run` */
	char url[VALUE_SIZE];
	char ipconn[NAME_SIZE];      /* shipped on to that partner */
	char remotename[NAME_SIZE];  /* the program's name there; "" the same (CICS's REMOTENAME) */
	int ccsid;                   /* data is converted to this for the program and back; 0: as it comes */
	int instructions, milliseconds, kilobytes; /* of a script; 0: the region's */
	double timeout;              /* seconds, of url and ipconn */
	int line;
	uint64_t given;
};

struct transaction_def {
	char transaction[5];
	int status;
	char program[NAME_SIZE];     /* run when a request names none; "" none */
	int line;
	uint64_t given;
};

/* The tables; each ends with a row whose name is NULL. attribute.h says what can be done with a row. */
extern const struct attribute resource_region[], resource_tcpipservice[], resource_ipconn[], resource_program[],
	resource_transaction[];

/* True for a TCPIPSERVICE attribute that CICS knows and that does not apply to PROTOCOL(IPIC); in any case. */
bool resource_not_ipic(const char *name);
/* Two-digit suite codes run together ("9C9D" is one suite, "9C9D35" three) become suites of four digits with a blank between two; any
 * other form stays as it is. */
void resource_spell_ciphers(char ciphers[VALUE_SIZE]);
/* True for "any", "default" and blank: every address of this machine. */
bool resource_host_is_any(const char *host);

/* The default program in its assembler, C, COBOL and PL/I forms (IPIC.md 6.5). */
bool resource_urm_is_default(const char *urm);
/* Whether a partner can come by this service and be this ipconn: matched by CAPEX, or (a template) copied by the service's urm, which the default
 * program never does. */
bool resource_ipconn_comes_by(const struct ipconn_def *c, const struct tcpipservice_def *t);

/* States an installed ipconn can be in (IPIC.md 2.6). */
#define CONNSTATUS(X) X(RELEASED) X(OBTAINING) X(ACQUIRED) X(FREEING)
enum connstatus {
#define X(s) CONN_##s,
	CONNSTATUS(X)
#undef X
};
const char *resource_connstatus(enum connstatus s); /* "ACQUIRED" */

/* What policies and operators may see of an installed ipconn: values, no handle. */
struct ipconn_view {
	struct ipconn_def def; /* with the agreed counts while ACQUIRED */
	enum connstatus connstatus;
	bool inservice, autoinstalled;
	char template[NAME_SIZE];
};

/* Are requests' users checked against the saf? sec as it was said; unsaid: when a saf is named. */
bool resource_sec(const struct region_def *r);

#endif
