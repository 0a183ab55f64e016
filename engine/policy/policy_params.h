/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_params: the second argument of a script's functions: the parameters that an attribute of the definition gives
 * to the script (lparams.h).
 */
#ifndef SALLYPORT_POLICY_PARAMS_H
#define SALLYPORT_POLICY_PARAMS_H

#include "base/fault.h"

struct policy;

/*
 * Checks the parameters of an attribute that names a loaded script against what the script declares, and keeps them for
 * its calls. script: the text of the attribute, in the definition; a call with this pointer gets these parameters.
 * text: as params.h writes it; NULL: none are given. Both are borrowed until policy_free. -1 with a sentence: a
 * parameter is unknown, missing or does not fit.
 */
int policy_params_bind(struct policy *p, const char *script, const char *text, struct fault *f);
/* The registry reference of the second argument for a call of the script; LUA_NOREF: nil. */
int policy_params_find(const struct policy *p, const char *script);
/* The text of the parameters that the attribute gives; NULL: none. Borrowed until policy_free. */
const char *policy_params_text(const struct policy *p, const char *script);
/* Makes all tables again, in a new state whose scripts are loaded. */
void policy_params_renew(struct policy *p);
void policy_params_free(struct policy *p);
/*
 * For the row of a decision table: makes the table of the row's parameters, which are at idx of the state's stack (nil:
 * none), and its reference, which policy_params_drop gives back. -1 with a sentence.
 */
int policy_params_row(struct policy *p, const char *script, int idx, int *ref, struct fault *f);
void policy_params_drop(struct policy *p, int ref);

#endif
