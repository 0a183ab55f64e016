/* SPDX-License-Identifier: Apache-2.0 */
/* facts_json: facts as JSON, in the words of the table of facts (policies/README.md); members that are not known are absent. */
#ifndef SALLYPORT_FACTS_JSON_H
#define SALLYPORT_FACTS_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "policy/facts.h"

/* New object; subject and issuer are {printed, names: [{type, value}]}. NULL without memory. */
json_t *facts_json(const struct facts *f);
/* Bytes of a peer or a script as a JSON string: as they are when they are UTF-8 without control characters, else with \xHH for
 * everything outside printable ASCII and a doubled backslash. NULL without memory. */
json_t *facts_json_text(const char *bytes, size_t n);

#endif
