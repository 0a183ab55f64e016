/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_codes: the codes of the engine's own refusals, each with its meaning. */
#ifndef SALLYPORT_VERDICT_CODES_H
#define SALLYPORT_VERDICT_CODES_H

#include <stdbool.h>

/* The meaning of a code and the place to look at, as a sentence; NULL: it is no code of the engine. */
const char *verdict_codes_sentence(const char *code);
/* The code with the spelling nearest to a wrong one; NULL when none is near. */
const char *verdict_codes_nearest(const char *code);
/*
 * `explain --code`: prints the sentence, as text or as a JSON array of one { code, text }. False, with a sentence on
 * stderr, when there is no such code.
 */
bool verdict_codes_say(const char *code, bool json);

#endif
