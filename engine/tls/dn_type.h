/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn_type: the attribute types of distinguished names, by the names that certificate facts have: OpenSSL's short name,
 * else the OID.
 */
#ifndef SALLYPORT_DN_TYPE_H
#define SALLYPORT_DN_TYPE_H

#include <stdbool.h>

#include "base/fault.h"

#define DN_TYPE_SIZE 64

struct asn1_object_st;

/*
 * Prints the type of an object as the facts have it. A name that does not fit ends in '~', so that it equals no other.
 */
void dn_type_print(const struct asn1_object_st *o, char out[DN_TYPE_SIZE]);
/*
 * Finds the type of a word, in any case. -1 with a sentence: an unknown type, or an OID that has a short name, which
 * the sentence names.
 */
int dn_type_read(const char *written, char out[DN_TYPE_SIZE], struct fault *f);
/* Whether the word is a type or a known alias. Fast, so that it does not find every spelling. */
bool dn_type_likely(const char *word);

#endif
