/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door: the doors, one row for each. A door is a question about a connection or a request that a script answers. A
 * column states each property in which doors differ; code that treats all doors walks the rows, so that a new door is a
 * new row and a step that asks it.
 */
#ifndef SALLYPORT_DOOR_H
#define SALLYPORT_DOOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"
#include "policy/stage.h"
#include "policy/verdict.h"

struct attribute;

/* Whether the script must have a function for the door, and whether its answer counts. */
enum door_kind {
	DOOR_QUESTION, /* the script must have the function; the answer is a verdict */
	DOOR_NOTICE,   /* the script may lack the function; the engine ignores the answer and accepts */
};

/* Whether the ipconn is installed when the door is asked: then facts.ipconn is known on both ways. */
enum door_ipconn { DOOR_BEFORE_IPCONN, DOOR_WITH_IPCONN };

/* The ways on which a door is asked. */
#define DOOR_WAY_IN (1u << WAY_IN)
#define DOOR_WAY_BOTH (1u << WAY_IN | 1u << WAY_OUT)

/* The members of struct verdict that an answer of the door may set; the engine clears the others. */
enum door_grant { GRANT_NOTHING, GRANT_SYSPLEX, GRANT_USERID, GRANT_INSTALL };

/* Which installed sockets a reload asks about again at the door. */
enum door_reask {
	REASK_NEVER,         /* none; the row gives the reason */
	REASK_SOCKET,        /* each socket of the door's ways */
	REASK_CERTIFICATE,   /* each socket that its service asks for a certificate, or that has a certify script */
	REASK_AUTOINSTALLED, /* the first socket of each autoinstalled ipconn */
};

/* The engine's verdict when the definition names no script for the door. */
enum door_default {
	DEFAULT_REFUSE, /* policy_error: a door without a rule stays shut */
	DEFAULT_ACCEPT,
	DEFAULT_CHAIN,  /* accept when the certificate's chain verified and, way out, the certificate names the host */
	DEFAULT_URM_NO, /* refuse, with code urm_no */
};

/*
 * X(id, name of the function, attribute of region.lua that names the script, kind, stage, ipconn, ways, verdict that
 * lets in, grants, re-asked by a reload, reason when not, verdict without a script). In the order in which a connection
 * passes the doors. The attach door has no default here: without an attach script the saf decides on the request's
 * users (request/attach.c).
 */
#define DOORS(X) \
	X(ADMIT, "admit", "admit", DOOR_QUESTION, TCP, DOOR_BEFORE_IPCONN, DOOR_WAY_BOTH, ACCEPT, GRANT_SYSPLEX, \
		REASK_SOCKET, "", DEFAULT_ACCEPT) \
	X(CERTIFY, "certify", "certify", DOOR_QUESTION, TLS, DOOR_BEFORE_IPCONN, DOOR_WAY_BOTH, ACCEPT, GRANT_USERID, \
		REASK_CERTIFICATE, "", DEFAULT_CHAIN) \
	X(BIND, "bind", "bind", DOOR_QUESTION, CAPEX, DOOR_BEFORE_IPCONN, DOOR_WAY_IN, ACCEPT, GRANT_NOTHING, \
		REASK_SOCKET, "", DEFAULT_ACCEPT) \
	X(INSTALL, "install", "urm", DOOR_QUESTION, CAPEX, DOOR_BEFORE_IPCONN, DOOR_WAY_IN, INSTALL, GRANT_INSTALL, \
		REASK_AUTOINSTALLED, "", DEFAULT_URM_NO) \
	X(ATTACH, "attach", "attach", DOOR_QUESTION, REQUEST, DOOR_WITH_IPCONN, DOOR_WAY_BOTH, ACCEPT, GRANT_NOTHING, \
		REASK_NEVER, "each request asks the door under the generation that its connection has then", DEFAULT_REFUSE) \
	X(DELETE, "delete", "urm", DOOR_NOTICE, CAPEX, DOOR_WITH_IPCONN, DOOR_WAY_IN, ACCEPT, GRANT_NOTHING, \
		REASK_NEVER, "the ipconn is gone when the door is asked, and the answer is ignored", DEFAULT_ACCEPT)

enum door {
#define X(id, ...) DOOR_##id,
	DOORS(X)
#undef X
	DOOR_COUNT
};

struct door_row {
	const char *name;      /* the key of the function in the table that a script returns */
	const char *attribute; /* of a tcpipservice, and of an ipconn for sockets that the region dials */
	enum door_kind kind;
	enum stage stage;
	enum door_ipconn ipconn;
	unsigned ways;         /* bits, 1 << enum way */
	enum verdict_kind yes; /* the verdict that lets in; refuse is the other answer */
	enum door_grant grants;
	enum door_reask reask;
	const char *why_not;   /* the reason, when reask is REASK_NEVER; else "" */
	enum door_default without_script;
};

/* The row of a door; static. */
const struct door_row *door_row(enum door d);
/* The name of a door ("admit"), "?" for DOOR_COUNT; static. */
const char *door_name(enum door d);
/* The door of that name; DOOR_COUNT when there is none. */
enum door door_of(const char *name);
/* Writes all names as "admit, certify, bind, install, attach or delete" into out, cut at size bytes. Returns out. */
const char *door_list(char *out, size_t size);
/*
 * The script that an object of region.lua names for the door: the text of the door's attribute. table is the object's
 * attribute table. "" when the object names none or its table has no such attribute. The text belongs to the object.
 */
const char *door_script(enum door d, const struct attribute *table, const void *object);

#endif
