/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect_tls.h"

#include <stdbool.h>

#include "client/connect_options.h"
#include "tls/tls.h"

struct ring *
connect_tls_ring(const char *dir, struct fault *f)
{
	struct faults faults = { 0 };
	struct ring *r = ring_load(dir, &faults);
	char line[sizeof f->text];

	fault_set(f, "%s: out of memory", dir);
	for (size_t i = 0; r == NULL && i < faults.n; i++)
		if (faults.entry[i].level == FAULT_ERROR) {
			fault_set(f, "%s", faults_print(&faults, i, line, sizeof line));
			break;
		}
	faults_free(&faults);
	return r;
}

void
connect_tls_versions(const struct connect_line *l, struct tls_options *o)
{
	bool only12 = l->value[OPT_TLS12] != NULL && l->value[OPT_TLS13] == NULL;
	bool only13 = l->value[OPT_TLS13] != NULL && l->value[OPT_TLS12] == NULL;

	o->min_version = only13 ? 13 : 12;
	o->max_version = only12 ? 12 : 13;
}
