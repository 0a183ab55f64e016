/* SPDX-License-Identifier: Apache-2.0 */
/* operator_policy: the command policy: the kept generations, their files, and their use. */
#include "admin/operator_internal.h"

#include "base/digits.h"
#include "candidate/canary_run.h"
#include "candidate/shadow.h"
#include "policy/facts_json.h"
#include "region/follow.h"
#include "region/publish.h"
#include "region/region.h"
#include "region/version_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 16384 /* bytes of a file in one row */
#define NUL_SHOWN 0x100 /* the code point that stands for the byte 0; other bytes are the code points 0 to 255 */

/* --- rows ------------------------------------------------------------------------------------- */

static json_t *
scripts_of(const struct version *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->files; i++)
		if (strcmp(v->file[i].kind, VERSION_KIND_SCRIPT) == 0)
			json_array_append_new(list, json_pack("{s:s,s:s%}", "name", v->file[i].name, "hash", v->file[i].blob->digest, SCRIPT_HASH_SIZE - 1));
	return list;
}

static const char *
state_of(const struct region *r, const struct version *v)
{
	if (v == versions_current(r->versions))
		return "current";
	if (v->number == canary_run_generation(r))
		return "canary";
	return v->number == shadow_generation(r) ? "shadow" : "kept";
}

static json_t *
row_of(const struct region *r, const struct version *v)
{
	bool current = v == versions_current(r->versions);
	json_t *stored = r->store != NULL ? json_boolean(atomic_load(&v->stored)) : NULL;

	return json_pack("{s:I,s:s,s:o,s:f,s:s,s:s,s:b,s:I,s:o*,s:o*,s:o}", "generation", (json_int_t)v->number, "state", state_of(r, v),
		"note", operator_text(v->note), "time", v->time, "by", v->by, "hash", v->hash, "pinned", current && versions_pinned(r->versions),
		"of", (json_int_t)v->of, "stored", stored, "damage", v->damage != NULL ? operator_text(v->damage) : NULL, "scripts", scripts_of(v));
}

/* The bytes as code points (NUL_SHOWN), since a script need not be UTF-8. */
static json_t *
text_of_bytes(const char *bytes, size_t n)
{
	char text[2 * CHUNK];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned code = bytes[i] != '\0' ? (unsigned char)bytes[i] : NUL_SHOWN;

		if (code >= 0x80)
			text[len++] = (char)(0xC0 | code >> 6);
		text[len++] = (char)(code < 0x80 ? code : 0x80 | (code & 0x3F));
	}
	return json_stringn(text, len);
}

/* --- streams ---------------------------------------------------------------------------------- */

struct file_stream { /* the files of one or two versions, in rows */
	struct version *version[2]; /* counted; NULL: none */
	const struct version_file *only; /* of version[0]; NULL: each file, and the fingerprints */
	bool data;                  /* also the bytes of data files */
	char *path;                 /* owned: region.lua's */
	size_t n, file, at;         /* the version, its file, and the byte of the file that come next */
};

struct list_stream {
	const struct region *region;
	uint64_t after; /* the number of the last row */
};

static bool
operator_list_more(void *arg, json_t *rows)
{
	struct list_stream *t = arg;
	const struct versions *vs = t->region->versions;

	for (size_t i = 0; i < versions_count(vs); i++) {
		const struct version *v = versions_at(vs, i);

		if (v->number <= t->after)
			continue;
		t->after = v->number;
		json_array_append_new(rows, row_of(t->region, v));
		return true;
	}
	return false;
}

static json_t *
operator_list_none(void *arg)
{
	(void)arg;
	return json_pack("{s:i,s:[]}", "status", 0, "rows");
}

static void
put_file(const struct version *v, const struct version_file *f, size_t at, size_t n, json_t *rows)
{
	json_array_append_new(rows, json_pack("{s:I,s:s,s:s,s:s,s:o}", "generation", (json_int_t)v->number, "kind", f->kind, "name", f->name, "hash",
		f->blob->digest, "text", text_of_bytes(f->blob->bytes + at, n)));
}

/* The fingerprints, the digests of data files, and the urms of a version. */
static void
put_rest(const struct version *v, const char *path, json_t *rows)
{
	json_array_append_new(rows, json_pack("{s:I,s:s,s:s}", "generation", (json_int_t)v->number, "kind", "file", "name", path));
	for (size_t i = 0; i < v->prints; i++)
		json_array_append_new(rows, json_pack("{s:I,s:s,s:s,s:s}", "generation", (json_int_t)v->number, "kind", "print", "name",
			v->print[i].what, "hash", v->print[i].digest));
	for (size_t i = 0; i < v->files; i++)
		if (strcmp(v->file[i].kind, VERSION_KIND_DATA) == 0)
			json_array_append_new(rows, json_pack("{s:I,s:s,s:s+,s:s}", "generation", (json_int_t)v->number, "kind", "print", "name",
				"data ", v->file[i].name, "hash", v->file[i].blob->digest));
	for (size_t i = 0; i < v->urms; i++)
		json_array_append_new(rows, json_pack("{s:I,s:s,s:s,s:s}", "generation", (json_int_t)v->number, "kind", "urm", "name",
			v->urm[i].tcpipservice, "text", v->urm[i].urm));
}

/* A piece of the file `f`. True: there is more of it. */
static bool
put_piece(struct file_stream *t, const struct version *v, const struct version_file *f, json_t *rows)
{
	size_t left = f->blob->len - t->at, n = left < CHUNK ? left : CHUNK;

	put_file(v, f, t->at, n, rows);
	t->at = n < left ? t->at + n : 0;
	return n < left;
}

static bool
operator_files_more(void *arg, json_t *rows)
{
	struct file_stream *t = arg;
	const struct version *v = t->version[t->n];

	if (t->only != NULL)
		return put_piece(t, v, t->only, rows);
	if (!t->data && t->file < v->files && strcmp(v->file[t->file].kind, VERSION_KIND_DATA) == 0) {
		t->file++; /* put_rest has its digest */
		return true;
	}
	if (t->file < v->files) {
		t->file += !put_piece(t, v, &v->file[t->file], rows);
		return true;
	}
	put_rest(v, t->path, rows);
	t->n++;
	t->file = 0;
	return t->n < 2 && t->version[t->n] != NULL;
}

static void
operator_files_end(void *arg)
{
	struct file_stream *t = arg;

	version_unref(t->version[0]);
	version_unref(t->version[1]);
	free(t->path);
	free(t);
}

/* --- the commands ----------------------------------------------------------------------------- */

static int
policy_list(struct order *o)
{
	struct list_stream *t = o->nargs == 1 ? calloc(1, sizeof *t) : NULL;
	struct control_source source = { .more = operator_list_more, .none = operator_list_none, .end = free, .arg = t };

	if (o->nargs != 1)
		return fault_set(&o->fault, "policy list takes no argument");
	if (t == NULL)
		return fault_set(&o->fault, "no memory for the answer");
	t->region = o->region;
	control_stream(o->client, &source);
	o->later = true;
	return 0;
}

/* The version whose number is typed, whole. NULL with o->fault. */
static struct version *
find_version(struct order *o, const char *typed)
{
	char *end;
	unsigned long long number = strtoull(typed, &end, 10);
	struct version *v = *typed >= '0' && *typed <= '9' && *end == '\0' ? versions_find(o->region->versions, number) : NULL;

	if (v == NULL)
		fault_set(&o->fault, "generation %.40s is not kept; policy list shows the kept ones", typed);
	else if (v->damage != NULL)
		fault_set(&o->fault, "generation %llu cannot be used: %s", number, v->damage);
	return v != NULL && v->damage == NULL ? v : NULL;
}

/* Streams the one file of a, or all files of a and b (NULL: none), which then have their data files too. */
static int
send_files(struct order *o, struct version *a, struct version *b, const struct version_file *only)
{
	struct file_stream *t = calloc(1, sizeof *t);
	struct control_source source = { .more = operator_files_more, .none = operator_list_none, .end = operator_files_end, .arg = t };

	if (t == NULL || (t->path = strdup(o->region->file)) == NULL) {
		free(t);
		return fault_set(&o->fault, "no memory for the answer");
	}
	t->version[0] = version_ref(a);
	t->version[1] = version_ref(b);
	t->only = only;
	t->data = b == NULL;
	control_stream(o->client, &source);
	o->later = true;
	return 0;
}

static int
policy_show(struct order *o)
{
	struct version *v = o->nargs == 3 ? find_version(o, o->arg[1]) : NULL;
	const struct version_file *f = v != NULL ? version_file(v, o->arg[2]) : NULL;

	if (o->nargs != 3)
		return fault_set(&o->fault, "policy show needs a generation and a file: policy show 3 region.lua");
	if (f != NULL)
		return send_files(o, v, NULL, f);
	return v != NULL ? fault_set(&o->fault, "generation %s has no file %.80s; policy list --json names its scripts", o->arg[1], o->arg[2]) : -1;
}

/* For commands that load a version themselves, such as replay. */
static int
policy_files(struct order *o)
{
	struct version *v = o->nargs == 2 ? find_version(o, o->arg[1]) : NULL;

	if (o->nargs != 2)
		return fault_set(&o->fault, "policy files needs a generation");
	return v != NULL ? send_files(o, v, NULL, NULL) : -1;
}

static int
policy_diff(struct order *o)
{
	struct version *a, *b;

	if (o->nargs < 2 || o->nargs > 3)
		return fault_set(&o->fault, "policy diff needs one generation, which is compared with the current one, or two");
	a = find_version(o, o->arg[1]);
	b = a == NULL ? NULL : o->nargs == 3 ? find_version(o, o->arg[2]) : versions_current(o->region->versions);
	return b != NULL ? send_files(o, a, b, NULL) : -1;
}

/* Begins the use of a version; the answer is that of a reload. */
static int
use(struct order *o, const struct version *v)
{
	struct bundle *rules = follow_taken(o->region);
	struct reload_order reload = { .use = v != NULL ? v->number : 0, .note = operator_option(o, "note") };

	if (v != NULL && rules != NULL) {
		fault_set(&o->fault, "the region has the published rules of serial %llu; sign older rules under a higher serial, and publish them",
			(unsigned long long)rules->head.serial);
		v = NULL;
	}
	if (v != NULL && version_judge_note(reload.note, &o->fault) == 0)
		return operator_begin_reload(o, &reload);
	log_say(o->region->log, MSG_SP0011, "fault", o->fault.text, NULL);
	return -1;
}

static int
policy_use(struct order *o)
{
	if (o->nargs != 2)
		return fault_set(&o->fault, "policy use needs a generation; policy list shows the kept ones");
	return use(o, find_version(o, o->arg[1]));
}

static int
policy_rollback(struct order *o)
{
	if (o->nargs != 1)
		return fault_set(&o->fault, "policy rollback takes no argument; policy use N takes a generation");
	return use(o, versions_former(o->region->versions, &o->fault));
}

/* --- publishing ------------------------------------------------------------------------------- */

struct publish_wait { /* the answer that waits for the store */
	struct control_deferred *answer;
	struct region *region;
	struct control_peer peer;
	char what[160]; /* the command, for SP0009; "" of a piece */
};

static void
operator_published(void *arg, const char *why)
{
	struct publish_wait *w = arg;

	if (w->what[0] != '\0')
		operator_say_change(w->region, w->what, &w->peer, why);
	control_complete(w->answer, why != NULL ? operator_refusal(operator_text(why)) : json_pack("{s:i,s:[]}", "status", 0, "rows"));
	free(w);
}

static struct publish_wait *
wait_for_store(struct order *o)
{
	struct publish_wait *w = calloc(1, sizeof *w);

	if (w == NULL || (w->answer = control_defer(o->client)) == NULL) {
		free(w);
		fault_set(&o->fault, "no memory");
		return NULL;
	}
	w->region = o->region;
	w->peer = *o->peer;
	return w;
}

/* rc: of the beginning. */
static int
begun(struct order *o, struct publish_wait *w, int rc)
{
	o->later = rc == 0;
	if (rc == 0)
		return 0;
	control_cancel_defer(w->answer);
	free(w);
	return -1;
}

/* The bytes of hex digits. 0: the text has another character, an odd length, or too many digits. */
static size_t
from_hex(const char *hex, unsigned char *out, size_t room)
{
	size_t len = strlen(hex);

	return len % 2 == 0 && len / 2 <= room && digits_to_bytes(out, hex, len / 2) ? len / 2 : 0;
}

/* policy piece DIGEST FROM, with the bytes in the member `piece`. */
static int
policy_piece(struct order *o)
{
	const char *hex = json_string_value(json_object_get(o->request, "piece"));
	unsigned char bytes[RULES_WRITE];
	uint64_t from = 0;
	struct publish_wait *w;
	size_t n = o->nargs == 3 && hex != NULL ? from_hex(hex, bytes, sizeof bytes) : 0;

	if (n == 0 || (strcmp(o->arg[2], "0") != 0 && !version_number(o->arg[2], &from)) || from > BUNDLE_MAX)
		return fault_set(&o->fault, "policy piece needs a SHA-256, the number of the first byte, and the bytes");
	w = wait_for_store(o);
	if (w == NULL)
		return -1;
	return begun(o, w, publish_piece(o->region, o->arg[1], (size_t)from, bytes, n, operator_published, w, &o->fault));
}

/* policy publish DIGEST SERIAL SIZE, when the pieces are in the store. */
static int
policy_publish(struct order *o)
{
	const char *canary = operator_option(o, "canary");
	struct rules_head h = { .serial = 0 };
	uint64_t size;
	struct publish_wait *w;

	if (o->nargs != 4 || !rules_is_digest(o->arg[1]) || !version_number(o->arg[2], &h.serial) || !version_number(o->arg[3], &size) || size > BUNDLE_MAX ||
		(canary != NULL && strlen(canary) >= sizeof h.region))
		return fault_set(&o->fault, "policy publish needs the SHA-256, the serial and the size of a bundle");
	h.size = (size_t)size;
	snprintf(h.digest, sizeof h.digest, "%s", o->arg[1]);
	snprintf(h.region, sizeof h.region, "%s", canary != NULL ? canary : "");
	w = wait_for_store(o);
	if (w == NULL)
		return -1;
	snprintf(w->what, sizeof w->what, "policy publish serial %s%s%s", o->arg[2], canary != NULL ? " --canary " : "", h.region);
	return begun(o, w, publish_head(o->region, &h, operator_published, w, &o->fault));
}

int
operator_do_policy(struct order *o)
{
	static const struct {
		const char *word;
		int (*run)(struct order *o);
	} words[] = { { "list", policy_list }, { "show", policy_show }, { "diff", policy_diff },
		{ "files", policy_files }, { "use", policy_use }, { "rollback", policy_rollback }, { "piece", policy_piece }, { "publish", policy_publish } };

	for (size_t i = 0; o->nargs > 0 && i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].word, o->arg[0]) == 0)
			return words[i].run(o);
	return fault_set(&o->fault, "policy needs one of: list, show, diff, use or rollback");
}
