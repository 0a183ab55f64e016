/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn: distinguished names: reads those in definitions ("OU=Pay,O=Shop", the leaf first, as RFC 2253 prints them);
 * compares the end of a certificate's name.
 */
#ifndef SALLYPORT_DN_H
#define SALLYPORT_DN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"
#include "base/fault.h"

struct text { /* bytes of a certificate; they may contain NUL */
	char *bytes; /* owned, with a NUL after the last byte, which len does not count */
	size_t len;
};

struct rdn { /* one attribute of a distinguished name, in the certificate's order */
	char type[64]; /* "CN", "O", or the dotted OID; no two types differ only in case */
	struct text value;
	bool shared; /* its part of the name has further values: OU=Pay+CN=fred */
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
 * Reads TYPE=VALUE,...; \ escapes a character, or two hex digits give a byte; blanks around a value do not count. out
 * has the order of a certificate, the leaf last; `printed` is the text itself; the types are those of a certificate's
 * facts (dn_type.h). To be freed with dn_free. -1 with a sentence and nothing to free: empty; no TYPE=; an unknown
 * type; a value that is empty or contains a NUL; an unescaped one of + ; < > " or a # at the front; a value that
 * contains what looks like another part (O=Shop.OU=Pay); parts in the order that `openssl x509` prints (the leaf last);
 * or no memory.
 */
int dn_parse(struct dn *out, const char *text, size_t len, struct fault *f);
/*
 * Does the printed name end with `end`? Compares the parts farthest from the leaf, part by part, byte by byte, the
 * types in any case. An empty end matches no name. A NUL in the name is an ordinary byte, and no end contains one. A
 * part of the name with several values matches no part of an end.
 */
bool dn_ends(const struct dn *name, const struct dn *end);
/* True when both names have the same parts in the same order, compared as dn_ends does. */
bool dn_same(const struct dn *a, const struct dn *b);

#endif
