/* SPDX-License-Identifier: Apache-2.0 */
/* dn: distinguished names that people write ("OU=Pay,O=Shop", the leaf first, as RFC 2253 prints them), and the end of a certificate's name. */
#ifndef SALLYPORT_DN_H
#define SALLYPORT_DN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"
#include "base/fault.h"

struct text { /* bytes that may hold NUL: what a certificate really says */
	char *bytes; /* owned, with a NUL behind the last byte that len does not count */
	size_t len;
};

struct rdn { /* one attribute of a distinguished name, in the certificate's order */
	char type[64]; /* "CN", "O", or the dotted OID; no two types are the same in another case */
	struct text value;
	bool shared; /* its part of the name holds others too: OU=Pay+CN=fred */
};

struct dn {
	struct rdn *item; /* owned */
	size_t n;
	char *printed; /* owned; RFC 2253 form, escaped */
};

/* Frees what d holds and empties it. */
void dn_free(struct dn *d);

#define DN_PARTS_MAX 32

/*
 * Reads TYPE=VALUE,…; \ takes a character as it stands, or two hex digits as a byte; blanks around a value do not count. out is in a certificate's
 * order, the leaf last, `printed` the text itself, the types as a certificate's facts have them (dn_type.h); dn_free it. -1 with a sentence and nothing to
 * free: empty, no TYPE=, a type nobody knows, a value that is empty or holds a NUL, an unescaped one of + ; < > " or a # in front, a value that holds
 * what looks like another part (O=Shop.OU=Pay), parts in the order that `openssl x509` prints (the leaf last), or no memory.
 */
int dn_parse(struct dn *out, const char *text, size_t len, struct fault *f);
/* Is `end` how the name ends, as printed: its parts farthest from the leaf, part by part, byte by byte, types in any case? An empty end is the end of
 * none. A NUL in the name is a byte like any other, and no end holds one. A part of the name with several values is no part that an end can name. */
bool dn_ends(const struct dn *name, const struct dn *end);
bool dn_same(const struct dn *a, const struct dn *b);

#endif
