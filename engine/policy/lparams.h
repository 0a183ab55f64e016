/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lparams: the parameters of a script: what it declares, params = { max = { type = "integer", default = 100, min = 1
 * } }, and the frozen table of their values that its functions get as second argument.
 */
#ifndef SALLYPORT_LPARAMS_H
#define SALLYPORT_LPARAMS_H

struct lua_State;

/*
 * Checks the declaration at idx, which is read without metamethods. Raises a sentence: "params.max: ...". [-0, +0, may
 * throw]
 */
void lparams_declare(struct lua_State *L, int idx);
/*
 * Pushes the frozen table of the values: those of the table `given` and the defaults of the table `declared`; an index
 * of nil is an empty table. Raises a sentence for a parameter that is unknown, missing or does not fit. [-0, +1, may
 * throw]
 */
void lparams_push(struct lua_State *L, int declared, int given);

#endif
