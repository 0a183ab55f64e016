/* SPDX-License-Identifier: Apache-2.0 */
/* dn_type: the attribute types that parts of a distinguished name have, called as a certificate's facts call them: OpenSSL's short name, else the OID. */
#ifndef SALLYPORT_DN_TYPE_H
#define SALLYPORT_DN_TYPE_H

#include <stdbool.h>

#include "base/fault.h"

#define DN_TYPE_SIZE 64

struct asn1_object_st;

/* The type of that object as facts have it. A name that does not fit ends in '~': it can then be taken for no other. */
void dn_type_print(const struct asn1_object_st *o, char out[DN_TYPE_SIZE]);
/* The type of that spelling, in any case. -1 with a sentence, which names the short name where there is one: an unknown type, or an OID that has a short
 * name. */
int dn_type_read(const char *written, char out[DN_TYPE_SIZE], struct fault *f);
/* Whether it is a type, or a word that is written for one; quickly, so that not every spelling is found. */
bool dn_type_likely(const char *word);

#endif
