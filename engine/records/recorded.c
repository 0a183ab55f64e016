/* SPDX-License-Identifier: Apache-2.0 */
#include "records/recorded.h"

#include <stdlib.h>

void
recorded_free(struct recorded *r)
{
	if (r == NULL)
		return;
	free(r->bytes);
	free(r);
}
