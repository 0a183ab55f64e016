/* SPDX-License-Identifier: Apache-2.0 */
/* lint_model: the globals, doors and facts of the engine as a Lua table, for the lint and the stubs for editors. */
#ifndef SALLYPORT_LINT_MODEL_H
#define SALLYPORT_LINT_MODEL_H

struct lua_State;

/*
 * Pushes the model that lua/check/lint.lua describes. globals: the names of sandbox_names, a line for each. [-0, +1,
 * may throw]
 */
void lint_model_push(struct lua_State *L, const char *globals);

#endif
