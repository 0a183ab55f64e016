/* SPDX-License-Identifier: Apache-2.0 */
/* definition_list: values of a definition that are tables: a list of strings, and strings by names. */
#ifndef SALLYPORT_DEFINITION_LIST_H
#define SALLYPORT_DEFINITION_LIST_H

#include "config/attribute.h"

struct lua_State;

/*
 * Sets an ATTR_WORDS from the list of strings at the positive index idx: a table whose keys are 1, 2 and so on. -1 with
 * a sentence: the list, or a value in it, has another form. [-0, +0]
 */
int definition_list_words(struct lua_State *L, int idx, const struct attribute *a, void *object, struct fault *f);
/*
 * Sets an ATTR_MAP from the table { NAME = "VALUE" } at the positive index idx, in the order of the names. -1 with a
 * sentence, as above. [-0, +0]
 */
int definition_list_map(struct lua_State *L, int idx, const struct attribute *a, void *object, struct fault *f);

#endif
