/* SPDX-License-Identifier: Apache-2.0 */
/* ring_text: names and times of certificates for the sentences of faults. */
#ifndef SALLYPORT_RING_TEXT_H
#define SALLYPORT_RING_TEXT_H

struct X509_name_st;
struct asn1_string_st;

#define RING_TEXT_NAME 256
#define RING_TEXT_TIME 24

/* As RFC 2253 prints a name, in printable ASCII; cut off when it is longer. Returns out. */
const char *ring_text_name(const struct X509_name_st *name, char out[RING_TEXT_NAME]);
/* "2026-11-25T19:54:41Z"; "?" when it cannot be read. Returns out. */
const char *ring_text_time(const struct asn1_string_st *t, char out[RING_TEXT_TIME]);

#endif
