/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values: the values that supposed connections (supposed.h) are made of: strings, numbers and addresses of the scripts
 * and the definition, and others near them. Every value is text; the first one of a kind is the plain one.
 */
#ifndef SALLYPORT_VALUES_H
#define SALLYPORT_VALUES_H

#include <stdbool.h>
#include <stddef.h>

struct definition;

enum value_kind {
	VALUE_SERVICE, /* tcpipservices */
	VALUE_ADDRESS, /* of the peer */
	VALUE_TLS,     /* "", "no", "TLSv1.2", "TLSv1.3" */
	VALUE_PROOF,   /* "": no certificate; "verified", "unverified" */
	VALUE_ISSUER,  /* as a row writes it, by minted_add; "": the plain authority */
	VALUE_NAME,    /* of a certificate, any bytes; "": absent */
	VALUE_HOST,    /* of SNI, of a DNS name */
	VALUE_SYSTEM,  /* networkids and applids; "": blank */
	VALUE_COUNT,   /* sessions; "": not given */
	VALUE_SOCKETS, /* "", "2" */
	VALUE_LOAD,    /* counts of facts.load; "": those of a region without connections */
	VALUE_PORT,    /* "": not given */
	VALUE_TIME,    /* seconds since 1970 */
	VALUE_PROGRAM, /* "": no request */
	VALUE_TRAN,
	VALUE_USER,
	VALUE_KINDS
};

struct value {
	char *bytes; /* owned; a NUL follows, which len does not count */
	size_t len;
};

struct value_list {
	struct value *item; /* owned */
	size_t n, room;
	size_t base; /* the first `base` of them stand in the texts, the others are derived */
};

struct values { /* zero-initialise; freed by values_free */
	struct value_list list[VALUE_KINDS];
	size_t defined; /* the first `defined` names of systems are those of the definition */
	bool short_of_memory;
};

#define VALUES_MAX 4000 /* of a kind */
#define VALUES_NOON "1767614400" /* 2026-01-05, a Monday, 12:00 UTC: the plain time */

/* Sets the plain values, and adds the names of the definition. */
void values_begin(struct values *v, const struct definition *d);
/* Adds the literals of a Lua text: of a script, the definition or an invariant. */
void values_take_lua(struct values *v, const char *text, size_t len);
/* Adds the words of a data file. */
void values_take_data(struct values *v, const char *text, size_t len);
/* Adds a value, unless it is there. */
void values_add(struct values *v, enum value_kind kind, const char *bytes, size_t len);
/* Adds the values near those that were added. To be called once, after the others. -1: memory was short. */
int values_derive(struct values *v);
/* The index of the value; 0: it is not among them. */
size_t values_find(const struct values *v, enum value_kind kind, const char *bytes, size_t len);
void values_free(struct values *v);

#endif
