/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/stage.h"

const char *
stage_name(enum stage s)
{
	static const char *const name[STAGE_COUNT] = {
#define X(id, text) [STAGE_##id] = text,
		STAGES(X)
#undef X
	};

	return name[s];
}
