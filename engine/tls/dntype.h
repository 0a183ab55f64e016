/* SPDX-License-Identifier: Apache-2.0 */
/* dntype: the attribute types that parts of a distinguished name have, called as a certificate's facts call them: OpenSSL's short name, else the OID. */
#ifndef SALLYPORT_DNTYPE_H
#define SALLYPORT_DNTYPE_H

#include <stdbool.h>

#include "base/fault.h"

#define DNTYPE_SIZE 64

struct asn1_object_st;

/* The type of that object as facts have it. A name that does not fit ends in '~': it can then be taken for no other. */
void dntype_print(const struct asn1_object_st *o, char out[DNTYPE_SIZE]);
/* The type of that spelling, in any case. -1 with a sentence, which names the short name where there is one: an unknown type, or an OID that has a short
 * name. */
int dntype_read(const char *written, char out[DNTYPE_SIZE], struct fault *f);
/* Whether it is a type, or a word that is written for one; quickly, so that not every spelling is found. */
bool dntype_likely(const char *word);

#endif
