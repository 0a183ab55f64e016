/* SPDX-License-Identifier: Apache-2.0 */
/* lutf8: our utf8 library; each function pays for its steps (lstring.h). */
#ifndef SALLYPORT_LUTF8_H
#define SALLYPORT_LUTF8_H

struct lua_State;

/* Pushes a table with the functions of utf8, not frozen. [-0, +1, may throw] */
void lutf8_push(struct lua_State *L);

#endif
