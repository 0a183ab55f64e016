/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_text.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *
ring_text_name(const struct X509_name_st *name, char out[RING_TEXT_NAME])
{
	BIO *to = BIO_new(BIO_s_mem());
	int n = -1;

	if (to != NULL && X509_NAME_print_ex(to, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(to, out, RING_TEXT_NAME - 1);
	BIO_free(to);
	if (n <= 0)
		n = snprintf(out, RING_TEXT_NAME, "an empty name");
	out[n] = '\0';
	return out;
}

const char *
ring_text_time(const struct asn1_string_st *t, char out[RING_TEXT_TIME])
{
	struct tm tm;

	if (t == NULL || !ASN1_TIME_to_tm(t, &tm) || strftime(out, RING_TEXT_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(out, "?");
	return out;
}
