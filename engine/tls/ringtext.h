/* SPDX-License-Identifier: Apache-2.0 */
/* ringtext: names and times of certificates for the sentences of faults. */
#ifndef SALLYPORT_RINGTEXT_H
#define SALLYPORT_RINGTEXT_H

struct X509_name_st;
struct asn1_string_st;

#define RINGTEXT_NAME 256
#define RINGTEXT_TIME 24

/* As RFC 2253 prints a name, in printable ASCII; cut off when it is longer. Returns out. */
const char *ringtext_name(const struct X509_name_st *name, char out[RINGTEXT_NAME]);
/* "2026-11-25T19:54:41Z"; "?" when it cannot be read. Returns out. */
const char *ringtext_time(const struct asn1_string_st *t, char out[RINGTEXT_TIME]);

#endif
