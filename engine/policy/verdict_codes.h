/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_codes: the verdict codes of the engine's own, and what each means. */
#ifndef SALLYPORT_VERDICT_CODES_H
#define SALLYPORT_VERDICT_CODES_H

#include <stdbool.h>

/* What a code means and where to look, as a sentence; NULL: it is a policy's own word. */
const char *verdict_codes_sentence(const char *code);
/* The code that is spelt most like a wrong one; NULL when none is near. */
const char *verdict_codes_nearest(const char *code);
/* `explain --code`: the sentence on stdout, as text or as a JSON array of one { code, text }. False, and a sentence on stderr: there is no such code. */
bool verdict_codes_say(const char *code, bool json);

#endif
