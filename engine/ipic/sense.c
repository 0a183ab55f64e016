/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/sense.h"

#include <stdio.h>

const char *
sense_print(unsigned sense, char out[SENSE_TEXT])
{
	snprintf(out, SENSE_TEXT, "%08X", sense);
	return out;
}

const char *
sense_words(unsigned sense)
{
	switch (sense) {
#define X(name, code, words) \
	case code: return words;
	SENSES(X)
#undef X
	default: return "";
	}
}

const char *
sense_error_words(enum conversation_error e)
{
	switch (e) {
#define X(code, words) \
	case 0x##code: return words;
	CONVERSATION_ERRORS(X)
#undef X
	default: return "";
	}
}
