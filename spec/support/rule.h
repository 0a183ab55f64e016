/* SPDX-License-Identifier: Apache-2.0 */
/* rule: a generation whose attributes all name one script, rule.lua, which opens each door but one. */
#ifndef SALLYPORT_SPEC_RULE_H
#define SALLYPORT_SPEC_RULE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/definition_load.h"
#include "policy/generation.h"

struct rule {
	char dir[64], path[128];
	struct generation *generation; /* counted; NULL until rule_load */
};

/* Makes the directory of the script under /tmp. */
static inline void
rule_begin(struct rule *r)
{
	strcpy(r->dir, "/tmp/sallyport-rule-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof r->path, "%s/rule.lua", r->dir);
}

static inline void
rule_end(struct rule *r)
{
	generation_unref(r->generation);
	unlink(r->path);
	rmdir(r->dir);
}

/* Writes the script: its functions open each door, except `shut`; DOOR_COUNT: all. It installs ipconns as `name`. */
static inline void
rule_write(const struct rule *r, enum door shut, const char *name)
{
	FILE *f = fopen(r->path, "w");

	assert_non_null(f);
	fputs("local policy = require 'policy'\nreturn {\n", f);
	for (enum door d = 0; d < DOOR_COUNT; d++)
		if (d == shut)
			fprintf(f, "%s = function() return policy.refuse('shut') end,\n", door_name(d));
		else if (door_row(d)->yes == VERDICT_INSTALL)
			fprintf(f, "%s = function() return policy.install { ipconn = '%s' } end,\n", door_name(d), name);
		else
			fprintf(f, "%s = function() return policy.accept() end,\n", door_name(d));
	fputs("}\n", f);
	fclose(f);
}

/* Appends ", ATTRIBUTE = 'rule'" for each attribute of the table that names a script. */
static inline void
rule_name(char *text, size_t size, const struct attribute *table)
{
	for (; table->name != NULL; table++) {
		size_t n = strlen(text);

		if (table->kind == ATTR_SCRIPT)
			snprintf(text + n, size - n, ", %s = 'rule'", table->name);
	}
}

/* Loads the generation: tcpipservice IN with clientauth, and ipconn A with these attributes. */
static inline void
rule_load(struct rule *r, const char *ipconn)
{
	char in[200] = "", out[200] = "", text[1000];
	struct generation_options o = { .number = 2, .library_dir = "lua" };
	struct faults faults = { .n = 0 };
	struct definition *d;

	rule_name(in, sizeof in, resource_tcpipservice);
	rule_name(out, sizeof out, resource_ipconn);
	snprintf(text, sizeof text,
		"region { applid = 'CICSA', networkid = 'NETA', policies = '%s', ring = 'certs/rings/CICSA' }\n"
		"tcpipservice 'IN' { portnumber = 0, ssl = 'clientauth', certificate = 'CICSA'%s }\n"
		"ipconn 'A' { %s%s }\n"
		"program 'P' { builtin = 'ECHO' }\n", r->dir, in, ipconn, out);
	d = definition_load_bytes("test.lua", text, strlen(text), &faults);
	generation_unref(r->generation);
	r->generation = d != NULL ? generation_load(d, &o, &faults) : NULL;
	for (size_t i = 0; r->generation == NULL && i < faults.n; i++)
		print_message("%s\n", faults_print(&faults, i, text, sizeof text));
	assert_non_null(r->generation);
	faults_free(&faults);
}

#endif
