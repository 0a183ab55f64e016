/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/facts.h"

const char *
stage_name(enum stage s)
{
	static const char *const name[] = { [STAGE_TCP] = "tcp", [STAGE_TLS] = "tls", [STAGE_CAPEX] = "capex", [STAGE_REQUEST] = "request" };

	return name[s];
}
