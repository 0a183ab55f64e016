/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_server.h"

#include <stdio.h>
#include <string.h>

void
store_server_take_role(struct store_server *s, const struct store_reply *r)
{
	if (r->kind == STORE_LIST && r->n > 0 && r->item[0]->kind == STORE_TEXT)
		snprintf(s->role, sizeof s->role, "%s", r->item[0]->text);
}

/* The value of a line "KEY:VALUE" of INFO; false: there is no such line. */
static bool
info_value(const char *info, const char *key, char *out, size_t size)
{
	size_t n = strlen(key), len;

	while (info != NULL && (strncmp(info, key, n) != 0 || info[n] != ':')) {
		info = strchr(info, '\n');
		if (info != NULL)
			info++;
	}
	if (info == NULL)
		return false;
	info += n + 1;
	len = strcspn(info, "\r\n");
	snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), info);
	return true;
}

void
store_server_take_info(struct store_server *s, const struct store_reply *r)
{
	char value[48];

	if (r->kind != STORE_TEXT)
		return;
	s->told = true;
	info_value(r->text, "redis_version", s->version, sizeof s->version);
	info_value(r->text, "run_id", s->run_id, sizeof s->run_id);
	s->cluster = info_value(r->text, "redis_mode", value, sizeof value) && strcmp(value, "cluster") == 0;
	s->aof = info_value(r->text, "aof_enabled", value, sizeof value) && strcmp(value, "1") == 0;
	s->noeviction = info_value(r->text, "maxmemory_policy", value, sizeof value) && strcmp(value, "noeviction") == 0;
}

/* ["flags", ["on", "nopass", ...], ...]: an even list of names and values. */
void
store_server_take_user(struct store_server *s, const struct store_reply *r)
{
	const struct store_reply *flags = NULL;
	bool on = false, nopass = false;

	for (size_t i = 0; r->kind == STORE_LIST && i + 1 < r->n; i += 2)
		if (r->item[i]->kind == STORE_TEXT && strcmp(r->item[i]->text, "flags") == 0)
			flags = r->item[i + 1];
	for (size_t i = 0; flags != NULL && flags->kind == STORE_LIST && i < flags->n; i++) {
		const char *flag = flags->item[i]->text != NULL ? flags->item[i]->text : "";

		on = on || strcmp(flag, "on") == 0;
		nopass = nopass || strcmp(flag, "nopass") == 0;
	}
	s->open = on && nopass;
}

int
store_server_fits(const struct store_server *s, struct fault *f)
{
	if (strcmp(s->role, "sentinel") == 0)
		return fault_set(f, "it is a sentinel: write sentinel://HOST:PORT/NAME");
	if (s->cluster)
		return fault_set(f, "it is a node of a Redis cluster, which a region does not use: name a server without cluster-enabled");
	if (strcmp(s->role, "slave") == 0)
		return fault_set(f, "it is a replica, and only a master is used");
	if (strcmp(s->role, "master") != 0)
		return fault_set(f, "it does not say its role");
	return 0;
}

const char *
store_server_doubt(const struct store_server *s, unsigned n, const char **rule)
{
	static const struct {
		const char *rule, *text;
	} doubts[STORE_DOUBTS] = {
		{ "store_aof", "it writes no append-only file: a restart loses its last changes; set appendonly yes" },
		{ "store_evicts", "its maxmemory-policy removes keys when its memory is full; set maxmemory-policy noeviction" },
		{ "store_open", "its default user has no password: each process that reaches it can change the values of the region; set requirepass, or "
			"ACL SETUSER default off" },
	};
	const bool has[STORE_DOUBTS] = { s->told && !s->aof, s->told && !s->noeviction, s->open };

	*rule = doubts[n].rule;
	return has[n] ? doubts[n].text : NULL;
}
