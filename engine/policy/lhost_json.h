/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_json: JSON of the calls that wait: values of a script as a text, and a text as values, both within bounds. */
#ifndef SALLYPORT_LHOST_JSON_H
#define SALLYPORT_LHOST_JSON_H

#include <stddef.h>

#include "policy/lhost.h"

#define LHOST_JSON_MAX (64 * 1024) /* bytes of a text */

/*
 * Pushes a userdata with the JSON of the value at idx, and returns its bytes, which belong to it. A table with the keys
 * 1 to n is a list, any other an object with sorted keys, so that equal values have equal texts. Raises for a value
 * that JSON does not have, for more than 16 tables one in another, and for more than LHOST_JSON_MAX bytes.
 * [-0, +1, may throw]
 */
const char *lhost_json_text(struct lua_State *L, struct lhost *h, int idx, size_t *len);
/*
 * Pushes the value of a JSON text: an object or a list as a table; null as nil. nil too when the bytes are no JSON.
 * [-0, +1, may throw]
 */
void lhost_json_push(struct lua_State *L, struct lhost *h, const char *bytes, size_t len);

#endif
