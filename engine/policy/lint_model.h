/* SPDX-License-Identifier: Apache-2.0 */
/* lint_model: what the lint and the stubs for editors know of the engine: globals, doors and facts, as a Lua table. */
#ifndef SALLYPORT_LINT_MODEL_H
#define SALLYPORT_LINT_MODEL_H

struct lua_State;

/*
 * Pushes the model that lua/check/lint.lua describes. globals: the names of sandbox_names, a line for each. [-0, +1,
 * may throw]
 */
void lint_model_push(struct lua_State *L, const char *globals);

#endif
