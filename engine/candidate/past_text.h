/* SPDX-License-Identifier: Apache-2.0 */
/*
 * past_text: the account of a connection as JSON text, without the members that a replay does not read. Most of the
 * time of a replay is that of reading JSON.
 */
#ifndef SALLYPORT_PAST_TEXT_H
#define SALLYPORT_PAST_TEXT_H

#include <stddef.h>

/*
 * Copies the account, of len bytes, to out, which has room for len bytes, without events, checks, texts, durations and
 * the names of certificates, and without members that are null, false or empty. Returns the length. The account is
 * compact JSON, as policy/record_json.c writes it; of other text the result is no JSON either.
 */
size_t past_text_cut(char *out, const char *account, size_t len);

#endif
