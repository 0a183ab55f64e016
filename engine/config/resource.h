/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource: the resources of a definition and their tables of attributes: names, ranges, defaults (IPIC.md 4.1, 5.1).
 * The tables have one row for each attribute; definition_build reads by the rows, inquire prints by them, lhost shows
 * them to policies.
 */
#ifndef SALLYPORT_RESOURCE_H
#define SALLYPORT_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/advertise.h"
#include "config/attribute.h"
#include "base/osuser.h"
#include "base/fault.h"
#include "base/name.h"

#define WAITING_MAX 65535 /* the largest `waiting` of a region */
#define WORKERS_MAX 64    /* the largest `workers` of a region */
#define WORKERS_AUTO_MAX 8 /* the most that `auto` makes */

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
enum specs { SPECS_REQUIRE, SPECS_WARN, SPECS_OFF };
enum record_full { RECORD_FULL_COUNT, RECORD_FULL_HOLD };
enum keep_caps { KEEP_CAPS_NO, KEEP_CAPS_BIND };
enum claim_down { CLAIM_DOWN_UNSAID, CLAIM_DOWN_REFUSE, CLAIM_DOWN_LOCAL };
enum claim_lost { CLAIM_LOST_UNSAID, CLAIM_LOST_RELEASE, CLAIM_LOST_KEEP };
enum recheck { RECHECK_RELEASE, RECHECK_REPORT, RECHECK_OFF };

/*
 * `line` in each struct: a place of the definition (definition_place.h).
 * `given` in each struct: one bit for each row whose key the definition has; 0 in an object that does not come from a
 * definition (effect.h).
 */
struct region_def {
	char applid[NAME_SIZE], networkid[NAME_SIZE], dfltuser[NAME_SIZE];
	char regionuser[NAME_SIZE]; /* the region's own user ID; "" in the definition: its applid */
	/* Paths, relative to the current directory (path.h). */
	char ring[PATH_SIZE], control[PATH_SIZE], policies[PATH_SIZE];
	char saf[PATH_SIZE], recovery[PATH_SIZE], record[PATH_SIZE], versions[PATH_SIZE];
	char metrics[PATH_SIZE]; /* the path of a socket, which has a slash; or an address (resource_metrics_address) */
	int record_full, record_requests; /* enum record_full; 0: refused requests, 1: all */
	int record_days, record_megabytes; /* limits of the file; 0: none */
	char record_mask[VALUE_SIZE];      /* the masked facts, as words */
	int sec;                    /* enum sec_ */
	double retry, retry_max;    /* seconds between two tries to acquire: the first pause, the longest one */
	int conversation_kilobytes; /* for the data of all conversations in memory */
	double tcp_timeout, handshake_timeout, capex_timeout, heartbeat, heartbeat_timeout, drain;
	int maxsockets, halfopen, halfopen_peer;
	int instructions, milliseconds, kilobytes;
	char policy_http[VALUE_SIZE]; /* the hosts that scripts may ask, as words "HOST:PORT" */
	char store[VALUE_SIZE], store_user[VALUE_SIZE];           /* the shared store (store_address.h); "" none */
	char store_password_file[PATH_SIZE], store_ring[PATH_SIZE];
	char store_sentinel_user[VALUE_SIZE], store_sentinel_password_file[PATH_SIZE];
	char sysplex[NAME_SIZE]; /* of the regions that share a store; "" none */
	int follow;              /* no, yes: the region takes the published rules of its sysplex */
	char follow_keys[PATH_SIZE], follow_file[PATH_SIZE]; /* the public keys of those rules, and the file that keeps them */
	char follow_decrypt_key[PATH_SIZE];                  /* the private key that opens their saf */
	int claim_down, claim_lost; /* enum claim_down, enum claim_lost */
	int store_replicas;         /* that must have a claim; 0: none */
	double lease;            /* seconds: of the session key of a region in its sysplex */
	int wait_milliseconds, waiting, waiting_peer; /* of suspended questions: wall time, number, number of a neighbourhood */
	int recheck, specs, workers, records;
	int generations, generation_days; /* the versions that are kept: their number; their age in days, -1: any */
	char user[OSUSER_NAME]; /* of the machine; "": the one that starts the region */
	int keep_caps;           /* enum keep_caps */
	int x509strict; /* no, yes: strict checks of presented chains */
	int verify_cache; /* verified chains that a worker keeps; 0: none */
	int line;
	uint64_t given;
};

struct tcpipservice_def {
	char tcpipservice[NAME_SIZE];
	char group[NAME_SIZE], description[59];
	int protocol;        /* ipic only */
	int portnumber;      /* 0: the system chooses */
	char host[HOST_SIZE];
	char ipaddress[HOST_SIZE];
	int backlog;         /* 0: the system's maximum */
	int status;          /* 0 open, 1 closed */
	int ssl;             /* enum ssl */
	char certificate[LABEL_SIZE];
	char ciphers[VALUE_SIZE];
	int socketclose;     /* no */
	char transaction[5];
	char speciftcps[NAME_SIZE];
	char advertise[ADVERTISE_SIZE]; /* of a generic one: the addresses of the regions (advertise.h) */
	char admit[SCRIPT_SIZE], certify[SCRIPT_SIZE], bind[SCRIPT_SIZE], urm[SCRIPT_SIZE], attach[SCRIPT_SIZE];
	int applid_change;
	double heartbeat, heartbeat_timeout; /* -1: those of the region */
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
	char admit[SCRIPT_SIZE], certify[SCRIPT_SIZE]; /* for sockets that the region dials */
	int template_;
	int line;
	uint64_t given;
};

struct program_def { /* a program that requests may run; has one of builtin, script, url and ipconn */
	char program[NAME_SIZE];
	char description[59];
	int status;                  /* enum program_status */
	char builtin[NAME_SIZE];     /* ECHO, WHOAMI; a program of that name without a kind has it too */
	char script[SCRIPT_SIZE];    /* which has a function `run` */
	char url[VALUE_SIZE];
	char ipconn[NAME_SIZE];      /* requests are shipped to that partner */
	char remotename[NAME_SIZE];  /* the program's name there; "": the same (REMOTENAME in CICS) */
	int ccsid;                   /* data is converted to this code page for the program and back; 0: not converted */
	int instructions, milliseconds, kilobytes; /* limits of the script; 0: those of the region */
	double timeout;              /* seconds, for url and ipconn */
	int line;
	uint64_t given;
};

struct transaction_def {
	char transaction[5];
	int status;
	char program[NAME_SIZE];     /* runs when a request names none; "": none */
	int line;
	uint64_t given;
};

/* The tables of attributes; a row whose name is NULL ends each. For the use of rows see attribute.h. */
extern const struct attribute resource_region[], resource_tcpipservice[], resource_ipconn[], resource_program[],
	resource_transaction[];

/* Whether name, in any case, is a TCPIPSERVICE attribute of CICS that does not apply to PROTOCOL(IPIC). */
bool resource_not_ipic(const char *name);
/*
 * Writes two-digit cipher codes without blanks ("9C9D35" is three; "9C9D" is one suite of four digits) as suites of
 * four digits with a blank between two. Other forms stay unchanged.
 */
void resource_spell_ciphers(char ciphers[VALUE_SIZE]);
/* Whether the value is a path; that of `metrics` may be an address, which has no slash. */
bool resource_is_path(const struct attribute *a, const char *value);
/* True for "any", "default" and "": all addresses of this machine. */
bool resource_host_is_any(const char *host);

/*
 * Reads the value of `metrics` as an address with a port: numeric, or localhost, which is 127.0.0.1. False: it is no
 * address, as the path of a socket.
 */
bool resource_metrics_address(const char *value, struct addr *out);

/* Whether the definition of the region has that key. attribute: a name in resource_region. */
bool resource_region_given(const struct region_def *r, const char *attribute);
/* Whether the script is the default program in its assembler, C, COBOL or PL/I form (IPIC.md 6.5). */
bool resource_urm_is_default(const char *urm);
/*
 * Whether a partner that connects to this service can become this ipconn: CAPEX matches it, or the service's urm copies
 * it (a template). The default urm never copies.
 */
bool resource_ipconn_comes_by(const struct ipconn_def *c, const struct tcpipservice_def *t);

/* The states of an installed ipconn (IPIC.md 2.6). */
#define CONNSTATUS(X) X(RELEASED) X(OBTAINING) X(ACQUIRED) X(FREEING)
enum connstatus {
#define X(s) CONN_##s,
	CONNSTATUS(X)
#undef X
};
const char *resource_connstatus(enum connstatus s); /* "ACQUIRED" */

/* The data of an installed ipconn for policies and operators: values only. */
struct ipconn_view {
	struct ipconn_def def; /* with the negotiated counts while ACQUIRED */
	enum connstatus connstatus;
	bool inservice, autoinstalled;
	char template[NAME_SIZE];
};

struct ipconn_brief { /* the same, with the definition in its place */
	const struct ipconn_def *def; /* borrowed */
	int16_t sendcount, receivecount; /* while ACQUIRED */
	uint8_t connstatus;           /* enum connstatus */
	bool inservice, autoinstalled;
	char template[NAME_SIZE];
};
/* Fills *out with copies of the values of b. */
void resource_view(const struct ipconn_brief *b, struct ipconn_view *out);
/* Fills *out with the ipconn of d as it is installed: RELEASED. */
void resource_view_installed(const struct ipconn_def *d, struct ipconn_view *out);

/* Whether the saf checks the users of requests: the value of sec; without sec, resource_has_saf. */
bool resource_sec(const struct region_def *r);
/* Whether the region has a saf: a file, or a key for that of published rules. */
bool resource_has_saf(const struct region_def *r);

#endif
