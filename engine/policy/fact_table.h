/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fact_table: the table of all members that scripts get: each member of each table, its type, the doors that have it,
 * and the condition for it. Files that push a table name its rows (lfacts.c, lchain.c, policy_run.c). Strict tables
 * (lshape.h), the check of the rows of decision tables (lrow.h) and the tables of policies/README.md go by it.
 */
#ifndef SALLYPORT_FACT_TABLE_H
#define SALLYPORT_FACT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/door.h"
#include "policy/facts.h"

/* X(shape, its name in messages, the type of its elements, or NO_LIST; NOTES: scripts choose its members) */
#define SHAPES(X) \
	X(facts, "facts", NO_LIST) \
	X(peer, "facts.peer", NO_LIST) \
	X(own, "facts.own", NO_LIST) \
	X(load, "facts.load", NO_LIST) \
	X(notes, "facts.notes", NOTES) \
	X(tls, "facts.tls", NO_LIST) \
	X(certificate, "facts.certificate", NO_LIST) \
	X(dn, "a certificate's subject or issuer", TABLE(rdn)) \
	X(rdn, "a part of a certificate's subject or issuer", NO_LIST) \
	X(san, "facts.certificate.san", NO_LIST) \
	X(texts, "a list of a certificate's names", ANY_TEXT) \
	X(chain, "facts.certificate.chain", NO_LIST) \
	X(chain_errors, "facts.certificate.chain.errors", TABLE(chain_error)) \
	X(chain_error, "an error of facts.certificate.chain.errors", NO_LIST) \
	X(links, "facts.certificate.chain.certificates", TABLE(link)) \
	X(link, "a certificate of facts.certificate.chain.certificates", NO_LIST) \
	X(anchor, "facts.certificate.chain.anchor", NO_LIST) \
	X(capex, "facts.capex", NO_LIST) \
	X(installed, "facts.ipconn", NO_LIST) \
	X(request, "facts.request", NO_LIST) \
	X(users, "facts.request.users", NAME) \
	X(ipconn, "the answer of policy.ipconn", NO_LIST) \
	X(ipconns, "the answer of policy.ipconns", TABLE(ipconn)) \
	X(saf_decision, "the second answer of saf.check", NO_LIST) \
	X(saf_user, "the answer of saf.user", NO_LIST) \
	X(saf_groups, "the list of a user's groups", NAME) \
	X(zone_time, "the answer of zone:at", NO_LIST) \
	X(program, "a program's request", NO_LIST)

/* The bit of a door, when its row is of at least that stage, comes with an ipconn, or is asked way out. */
#define FROM_STAGE(id, stage, least) | (STAGE_##stage >= STAGE_##least ? 1u << DOOR_##id : 0u)
#define BIT_TCP(id, name, attribute, kind, stage, ...) FROM_STAGE(id, stage, TCP)
#define BIT_TLS(id, name, attribute, kind, stage, ...) FROM_STAGE(id, stage, TLS)
#define BIT_CAPEX(id, name, attribute, kind, stage, ...) FROM_STAGE(id, stage, CAPEX)
#define BIT_REQUEST(id, name, attribute, kind, stage, ...) FROM_STAGE(id, stage, REQUEST)
#define BIT_IPCONN(id, name, attribute, kind, stage, ipconn, ...) | (ipconn == DOOR_WITH_IPCONN ? 1u << DOOR_##id : 0u)
#define BIT_OUT(id, name, attribute, kind, stage, ipconn, ways, ...) | ((ways) >> WAY_OUT & 1 ? 1u << DOOR_##id : 0u)

/* The doors that have a fact, a bit for each, made of the rows of door.h. */
enum {
	NO_DOOR = 0u,
	FROM_ADMIT = 0u DOORS(BIT_TCP),
	FROM_CERTIFY = 0u DOORS(BIT_TLS),
	FROM_BIND = 0u DOORS(BIT_CAPEX),
	AT_ATTACH = 0u DOORS(BIT_REQUEST),
	FROM_ATTACH = 0u DOORS(BIT_IPCONN),
	DOORS_OUT = 0u DOORS(BIT_OUT),
};
#undef BIT_TCP
#undef BIT_TLS
#undef BIT_CAPEX
#undef BIT_REQUEST
#undef BIT_IPCONN
#undef BIT_OUT
#undef FROM_STAGE

/* X(shape, member, type, doors way in, doors way out, condition; "" always). A row is one line: specs read the rows. */
#define FACTS(X) \
	X(facts, stage, WORD("tcp tls capex request"), FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, way, WORD("in out"), FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, now, SECONDS, FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, connection, TEXT(CONNECTION_SIZE - 1), FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, generation, COUNT, FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, tcpipservice, NAME, FROM_ADMIT, FROM_ADMIT, "way out: when the ipconn names one") \
	X(facts, recheck, FLAG, FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, socket, SOCKETS, FROM_BIND, FROM_ADMIT, "") \
	X(facts, peer, TABLE(peer), FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, own, TABLE(own), FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, load, TABLE(load), FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, tls, TABLE(tls), FROM_CERTIFY, FROM_CERTIFY, "with TLS") \
	X(facts, certificate, TABLE(certificate), FROM_CERTIFY, FROM_CERTIFY, "when one was presented") \
	X(facts, capex, TABLE(capex), FROM_BIND, AT_ATTACH, "") \
	X(facts, ipconn, TABLE(installed), FROM_ATTACH, FROM_ADMIT, "") \
	X(facts, notes, TABLE(notes), FROM_ADMIT, FROM_ADMIT, "") \
	X(facts, request, TABLE(request), AT_ATTACH, AT_ATTACH, "") \
	X(peer, ip, ADDRESS, FROM_ADMIT, FROM_ADMIT, "") \
	X(peer, port, PORT, FROM_ADMIT, FROM_ADMIT, "") \
	X(peer, sysplex, FLAG, FROM_ADMIT, FROM_ADMIT, "") \
	X(peer, host, TEXT(HOST_SIZE - 1), NO_DOOR, FROM_ADMIT, "") \
	X(own, ip, ADDRESS, FROM_ADMIT, FROM_CERTIFY, "") \
	X(own, port, PORT, FROM_ADMIT, FROM_CERTIFY, "") \
	X(load, halfopen, COUNT, FROM_ADMIT, FROM_ADMIT, "") \
	X(load, connections, COUNT, FROM_ADMIT, FROM_ADMIT, "") \
	X(load, from_peer, COUNT, FROM_ADMIT, FROM_ADMIT, "") \
	X(load, from_prefix, COUNT, FROM_ADMIT, FROM_ADMIT, "") \
	X(load, refused_from_peer, COUNT, FROM_ADMIT, FROM_ADMIT, "") \
	X(tls, version, WORD("TLSv1.2 TLSv1.3"), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(tls, cipher, TEXT(47), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(tls, sni, TEXT(255), FROM_CERTIFY, FROM_CERTIFY, "when the caller sent a host name") \
	X(certificate, subject, TABLE(dn), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(certificate, issuer, TABLE(dn), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(certificate, serial, HEX, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(certificate, sha256, SHA256, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(certificate, not_before, INTEGER, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(certificate, not_after, INTEGER, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(certificate, userid, NAME, FROM_BIND, AT_ATTACH, "when certify or maps.lua gave one") \
	X(certificate, names_host, FLAG, NO_DOOR, FROM_CERTIFY, "") \
	X(certificate, san, TABLE(san), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(certificate, chain, TABLE(chain), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(dn, printed, ANY_TEXT, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(rdn, type, TEXT(63), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(rdn, value, ANY_TEXT, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(rdn, shared, FLAG, FROM_CERTIFY, FROM_CERTIFY, "where a part has several values") \
	X(san, dns, TABLE(texts), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(san, uri, TABLE(texts), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(san, ip, TABLE(texts), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(san, email, TABLE(texts), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain, ok, FLAG, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain, complete, FLAG, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain, code, INTEGER, FROM_CERTIFY, FROM_CERTIFY, "when the chain did not verify") \
	X(chain, text, ANY_TEXT, FROM_CERTIFY, FROM_CERTIFY, "when the chain did not verify") \
	X(chain, depth, COUNT, FROM_CERTIFY, FROM_CERTIFY, "when the chain did not verify") \
	X(chain, errors, TABLE(chain_errors), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain, certificates, TABLE(links), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain, anchor, TABLE(anchor), FROM_CERTIFY, FROM_CERTIFY, "when every signature up to a signer of the ring verified") \
	X(link, subject, TABLE(dn), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(link, issuer, TABLE(dn), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(link, sha256, SHA256, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(anchor, subject, TABLE(dn), FROM_CERTIFY, FROM_CERTIFY, "") \
	X(anchor, sha256, SHA256, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain_error, code, INTEGER, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain_error, text, ANY_TEXT, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(chain_error, depth, COUNT, FROM_CERTIFY, FROM_CERTIFY, "") \
	X(capex, applid, BLANK_OR_NAME, FROM_BIND, AT_ATTACH, "") \
	X(capex, networkid, NAME, FROM_BIND, AT_ATTACH, "") \
	X(capex, suggested_applid, NAME, FROM_BIND, AT_ATTACH, "when applid is blank") \
	X(capex, server_applid, NAME, FROM_BIND, AT_ATTACH, "when the caller said it") \
	X(capex, server_networkid, NAME, FROM_BIND, AT_ATTACH, "when the caller said it") \
	X(capex, host, TEXT(HOST_SIZE - 1), FROM_BIND, AT_ATTACH, "") \
	X(capex, port, PORT_OR_NONE, FROM_BIND, AT_ATTACH, "") \
	X(capex, sendcount, SESSIONS, FROM_BIND, AT_ATTACH, "") \
	X(capex, receivecount, SESSIONS, FROM_BIND, AT_ATTACH, "") \
	X(capex, sockets, SOCKETS, FROM_BIND, AT_ATTACH, "") \
	X(capex, callback, FLAG, FROM_BIND, AT_ATTACH, "") \
	X(installed, ipconn, NAME, FROM_ATTACH, FROM_ADMIT, "") \
	X(installed, applid, NAME, FROM_ATTACH, FROM_ADMIT, "") \
	X(installed, networkid, NAME, FROM_ATTACH, FROM_ADMIT, "") \
	X(installed, tcpipservice, NAME, FROM_ATTACH, FROM_ADMIT, "way out: when the ipconn names one") \
	X(request, tran, TRAN, AT_ATTACH, AT_ATTACH, "") \
	X(request, program, NAME, AT_ATTACH, AT_ATTACH, "") \
	X(request, userid, NAME, AT_ATTACH, AT_ATTACH, "when a user flowed") \
	X(request, bytes, COUNT, AT_ATTACH, AT_ATTACH, "") \
	X(request, linkuser, NAME, AT_ATTACH, AT_ATTACH, "when it is not the region's own user") \
	X(request, taskuser, NAME, AT_ATTACH, AT_ATTACH, "") \
	X(request, users, TABLE(users), AT_ATTACH, AT_ATTACH, "") \
	X(ipconn, ipconn, NAME, NO_DOOR, NO_DOOR, "") \
	X(ipconn, servstatus, WORD("INSERVICE OUTSERVICE"), NO_DOOR, NO_DOOR, "") \
	X(ipconn, connstatus, WORD("RELEASED OBTAINING ACQUIRED FREEING"), NO_DOOR, NO_DOOR, "") \
	X(ipconn, autoinstalled, FLAG, NO_DOOR, NO_DOOR, "") \
	X(ipconn, template, ANY_TEXT, NO_DOOR, NO_DOOR, "") \
	X(saf_decision, profile, ANY_TEXT, NO_DOOR, NO_DOOR, "when a profile decided") \
	X(saf_decision, held, ANY_TEXT, NO_DOOR, NO_DOOR, "") \
	X(saf_decision, by, ANY_TEXT, NO_DOOR, NO_DOOR, "") \
	X(saf_user, revoked, FLAG, NO_DOOR, NO_DOOR, "") \
	X(saf_user, groups, TABLE(saf_groups), NO_DOOR, NO_DOOR, "") \
	X(zone_time, year, INTEGER, NO_DOOR, NO_DOOR, "") \
	X(zone_time, month, RANGE(1, 12), NO_DOOR, NO_DOOR, "") \
	X(zone_time, day, RANGE(1, 31), NO_DOOR, NO_DOOR, "") \
	X(zone_time, weekday, RANGE(1, 7), NO_DOOR, NO_DOOR, "1: Monday") \
	X(zone_time, hour, RANGE(0, 23), NO_DOOR, NO_DOOR, "") \
	X(zone_time, minute, RANGE(0, 59), NO_DOOR, NO_DOOR, "") \
	X(zone_time, offset, INTEGER, NO_DOOR, NO_DOOR, "seconds east of Greenwich") \
	X(program, tran, TRAN, NO_DOOR, NO_DOOR, "") \
	X(program, program, NAME, NO_DOOR, NO_DOOR, "") \
	X(program, userid, NAME, NO_DOOR, NO_DOOR, "") \
	X(program, linkuser, NAME, NO_DOOR, NO_DOOR, "when it is not the region's own user") \
	X(program, ipconn, NAME, NO_DOOR, NO_DOOR, "") \
	X(program, applid, NAME, NO_DOOR, NO_DOOR, "") \
	X(program, networkid, NAME, NO_DOOR, NO_DOOR, "") \
	X(program, connection, TEXT(CONNECTION_SIZE - 1), NO_DOOR, NO_DOOR, "") \
	X(program, generation, COUNT, NO_DOOR, NO_DOOR, "") \
	X(program, hops, COUNT, NO_DOOR, NO_DOOR, "") \
	X(program, ccsid, COUNT, NO_DOOR, NO_DOOR, "when the request or the program has one") \
	X(program, data, ANY_TEXT, NO_DOOR, NO_DOOR, "")

enum shape {
#define X(shape, label, element) SHAPE_##shape,
	SHAPES(X)
#undef X
	SHAPE_COUNT
};

enum fact {
#define X(shape, name, type, in, out, when) FACT_##shape##_##name,
	FACTS(X)
#undef X
	FACT_COUNT
};

enum fact_kind { FACT_NOTHING, FACT_TEXT, FACT_INTEGER, FACT_NUMBER, FACT_FLAG, FACT_TABLE, FACT_NOTE };

struct fact_type { /* the values that a member may have */
	enum fact_kind kind;
	enum shape of;       /* of a table */
	double min, max;     /* of an integer; of a text the longest is max */
	bool not_zero;
	const char *words;   /* of a text: one of these, a blank between two; NULL: any */
	bool (*fits)(const char *bytes, size_t len); /* of a text; NULL: any */
	const char *form;    /* the condition of fits, for messages: "1 to 8 of A-Z ..." */
};

struct fact_row {
	enum shape shape; /* of the table that has the member */
	const char *name;
	struct fact_type type;
	unsigned doors[2]; /* by way, a bit for each enum door; 0: no member of facts, or not on this way */
	const char *when;  /* the condition at these doors; "" always */
};

/* The row of a fact; static. */
const struct fact_row *fact_row(enum fact f);
/* The name of a shape in messages, "facts.capex"; static. */
const char *fact_shape_label(enum shape s);
/* The type of the elements of a shape; FACT_NOTHING: it is no list; FACT_NOTE: of the members that scripts choose. */
const struct fact_type *fact_shape_element(enum shape s);

#define SHAPE_NAMES 128
/*
 * Fills out with the names of all members, and of an ipconn's attributes, ended by NULL; the names are static. Returns
 * their number.
 */
size_t fact_shape_names(enum shape s, const char *out[SHAPE_NAMES]);
/* The row of a member; NULL: none (the attributes of an ipconn have no rows). */
const struct fact_row *fact_shape_member(enum shape s, const char *name);

/*
 * Writes the reason why a member is absent: "facts.ipconn is not known at bind; the first door that has it is attach".
 * Returns out. door matters for facts only.
 */
const char *fact_absent(const struct fact_row *r, enum door door, enum way way, char *out, size_t size);
/* Writes the error for a name that a shape does not have, with the nearest name that it has. Returns out. */
const char *fact_shape_unknown(enum shape s, const char *key, size_t len, char *out, size_t size);
/* Whether a peer can send the value: 0, or -1 with a sentence: "is 70000; it is 1 to 65535". */
int fact_fits_text(const struct fact_type *t, const char *bytes, size_t len, struct fault *f);
int fact_fits_integer(const struct fact_type *t, long long value, struct fault *f);
/* The name of a kind in messages: "a string", "a whole number"; static. */
const char *fact_kind_name(enum fact_kind k);

#endif
