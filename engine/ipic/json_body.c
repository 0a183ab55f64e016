/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/json_body.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16 /* jansson recurses; the bodies of IPIC are flat */

/*
 * When jansson's reader has no memory for a byte, it drops the byte but counts it, and later writes beyond its memory.
 * So the reader never lacks memory: when malloc fails, it gets a part of a block that was allocated before, and the
 * result is dropped. An element of an array takes the most memory: about 80 bytes for each byte of the body. jansson's
 * allocator has no argument, so this pointer stands at file scope.
 */
#define SPARE_OF(len) ((len) * 128 + 4096)

struct spare {
	unsigned char *bytes;
	size_t size, used;
};

static _Thread_local struct spare *spare; /* of the thread that reads; NULL: it does not read */

static bool
is_spare(const void *p)
{
	uintptr_t at = (uintptr_t)p;

	return spare != NULL && at >= (uintptr_t)spare->bytes && at < (uintptr_t)spare->bytes + spare->size;
}

static void *
get(size_t n)
{
	size_t whole = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	void *p = malloc(n);

	if (p != NULL || spare == NULL || whole < n || whole > spare->size - spare->used)
		return p;
	p = spare->bytes + spare->used;
	spare->used += whole;
	return p;
}

/* jansson's reader copies the bytes into its own buffers, so its allocator wipes all memory. */
static void
wipe_and_free(void *p)
{
	if (p == NULL || is_spare(p))
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
json_body_keep_secrets(void)
{
	json_set_alloc_funcs(get, wipe_and_free);
}

static json_t *
no_memory(json_error_t *e)
{
	*e = (json_error_t){ .text = "no memory" };
	return NULL;
}

json_t *
json_body_load(const void *bytes, size_t len, json_error_t *e)
{
	struct spare mine = { .size = SPARE_OF(len) };
	json_t *o;

	mine.bytes = malloc(mine.size);
	if (mine.bytes == NULL)
		return no_memory(e);
	spare = &mine;
	o = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, e);
	if (mine.used > 0) {
		json_decref(o);
		o = no_memory(e);
		explicit_bzero(mine.bytes, mine.used);
	}
	spare = NULL;
	free(mine.bytes);
	return o;
}

/* ---- from bytes to an object ---- */

/* Checks the depth of brackets outside strings first: jansson would recurse 2,000 deep. */
static int
check_nesting(const char *p, size_t len, struct fault *f)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\0')
			return fault_set(f, "the body holds a NUL");
		if (in_string && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			in_string = !in_string;
		else if (!in_string && (p[i] == '{' || p[i] == '['))
			depth++;
		else if (!in_string && (p[i] == '}' || p[i] == ']'))
			depth--;
		if (depth > DEPTH_MAX)
			return fault_set(f, "the body is nested more than %d deep", DEPTH_MAX);
	}
	return 0;
}

/* Reports the place only: jansson's sentence quotes the body, and a body may hold a token. */
json_t *
json_body_read(const void *body, size_t len, struct fault *f)
{
	json_error_t error;
	json_t *o;

	if (len == 0)
		return fault_set(f, "no body"), NULL;
	if (check_nesting(body, len, f) < 0)
		return NULL;
	o = json_body_load(body, len, &error);
	if (o == NULL && json_error_code(&error) == json_error_duplicate_key)
		fault_set(f, "a member stands twice (line %d, column %d)", error.line, error.column);
	else if (o == NULL)
		fault_set(f, "the body is not JSON (line %d, column %d)", error.line, error.column);
	if (o == NULL || json_is_object(o))
		return o;
	json_decref(o);
	return fault_set(f, "the body is not a JSON object"), NULL;
}

/* ---- member by member ---- */

void
json_body_trim(struct json_body_text *t)
{
	while (t->len > 0 && t->p[t->len - 1] == ' ')
		t->len--;
}

int
json_body_get_text(const json_t *o, const char *member, struct json_body_text *w, struct fault *f)
{
	const json_t *v = json_object_get(o, member);

	*w = (struct json_body_text){ "", 0 };
	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return fault_set(f, "%s: not a string", member);
	*w = (struct json_body_text){ json_string_value(v), json_string_length(v) };
	json_body_trim(w);
	return 0;
}

int
json_body_name(const char *member, struct json_body_text t, char out[NAME_SIZE], struct fault *f)
{
	if (t.len > 0 && !name_ok(t.p, t.len))
		return fault_set(f, "%s: not 1-8 characters of A-Z 0-9 $ @ #", member);
	if (t.len > 0)
		memcpy(out, t.p, t.len);
	out[t.len] = '\0';
	return 0;
}

int
json_body_get_name(const json_t *o, const char *member, char out[NAME_SIZE], struct fault *f)
{
	struct json_body_text t;

	return json_body_get_text(o, member, &t, f) < 0 ? -1 : json_body_name(member, t, out, f);
}

int
json_body_get_ascii(const json_t *o, const char *member, char *out, size_t size, struct fault *f)
{
	struct json_body_text w;

	if (json_body_get_text(o, member, &w, f) < 0)
		return -1;
	if (w.len >= size)
		return fault_set(f, "%s: longer than %zu characters", member, size - 1);
	for (size_t i = 0; i < w.len; i++)
		if (w.p[i] < ' ' || w.p[i] > '~')
			return fault_set(f, "%s: not printable ASCII", member);
	memcpy(out, w.p, w.len);
	out[w.len] = '\0';
	return 0;
}

int
json_body_get_word(const json_t *o, const char *member, const char *const *words, char *out, struct fault *f)
{
	struct json_body_text w;

	out[0] = '\0';
	if (json_body_get_text(o, member, &w, f) < 0)
		return -1;
	if (w.len == 0)
		return 0;
	for (; *words != NULL; words++) {
		if (strlen(*words) == w.len && memcmp(*words, w.p, w.len) == 0) {
			memcpy(out, *words, w.len + 1);
			return 0;
		}
	}
	return fault_set(f, "%s: not one of its words", member);
}

int
json_body_get_hex(const json_t *o, const char *member, size_t n, char *out, struct fault *f)
{
	struct json_body_text w;

	out[0] = '\0';
	if (json_body_get_text(o, member, &w, f) < 0)
		return -1;
	if (w.len == 0)
		return 0;
	if (w.len != n || strspn(w.p, "0123456789abcdef") < n)
		return fault_set(f, "%s: not %zu digits of 0-9 a-f", member, n);
	memcpy(out, w.p, n);
	out[n] = '\0';
	return 0;
}

int
json_body_get_int(const json_t *o, const char *member, int absent, int min, int max, int *out, struct fault *f)
{
	const json_t *v = json_object_get(o, member);

	*out = absent;
	if (v == NULL)
		return 0;
	if (!json_is_integer(v))
		return fault_set(f, "%s: not an integer", member);
	if (json_integer_value(v) < min || json_integer_value(v) > max)
		return fault_set(f, "%s: %" JSON_INTEGER_FORMAT " is not %d-%d", member, json_integer_value(v), min, max);
	*out = (int)json_integer_value(v);
	return 0;
}

int
json_body_get_bool(const json_t *o, const char *member, bool *out, struct fault *f)
{
	const json_t *v = json_object_get(o, member);

	*out = json_is_true(v);
	return v == NULL || json_is_boolean(v) ? 0 : fault_set(f, "%s: not true or false", member);
}

int
json_body_get_token(const json_t *o, const char *member, char out[TOKEN_SIZE], struct fault *f)
{
	static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const json_t *v = json_object_get(o, member);

	out[0] = '\0';
	if (!json_is_string(v) || json_string_length(v) != TOKEN_SIZE - 1)
		return fault_set(f, "%s: not a string of %d characters", member, TOKEN_SIZE - 1);
	if (strspn(json_string_value(v), base64url) != TOKEN_SIZE - 1)
		return fault_set(f, "%s: not base64url", member);
	memcpy(out, json_string_value(v), TOKEN_SIZE);
	return 0;
}

int
json_body_get_token_if(const json_t *o, const char *member, char out[TOKEN_SIZE], struct fault *f)
{
	const json_t *v = json_object_get(o, member);

	out[0] = '\0';
	return v == NULL || json_is_null(v) ? 0 : json_body_get_token(o, member, out, f);
}

static int
get_reason(const json_t *o, char *reason, size_t size, struct fault *f)
{
	struct json_body_text w;

	if (json_body_get_text(o, "reason", &w, f) < 0)
		return -1;
	if (w.len == 0 || w.len >= size || strspn(w.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") < w.len)
		return fault_set(f, "reason: not a reason's word");
	memcpy(reason, w.p, w.len);
	reason[w.len] = '\0';
	return 0;
}

int
json_body_get_response(const json_t *o, char response[RESPONSE_SIZE], char reason[REASON_SIZE], struct fault *f)
{
	static const char *const known[] = { "OK", "EXCEPTION", "INVALID", "DISASTER", "KERNERROR", "PURGED", NULL };

	reason[0] = '\0';
	if (json_body_get_word(o, "response", known, response, NULL) < 0 || response[0] == '\0')
		return fault_set(f, "response: not OK, EXCEPTION, INVALID, DISASTER, KERNERROR or PURGED");
	return strcmp(response, "OK") == 0 ? 0 : get_reason(o, reason, REASON_SIZE, f);
}

/* ---- writing ---- */

static int
put_bytes(const char *bytes, size_t n, void *arg)
{
	return buf_add(arg, bytes, n);
}

int
json_body_write(struct buf *b, json_t *o, int result)
{
	size_t before = buf_len(b);

	if (result == 0 && o != NULL)
		result = json_dump_callback(o, put_bytes, b, JSON_COMPACT);
	else
		result = -1;
	if (result < 0)
		b->end = b->start + before;
	json_decref(o);
	return result;
}

int
json_body_set_text(json_t *o, const char *member, const char *value)
{
	return value[0] == '\0' ? 0 : json_object_set_new(o, member, json_string(value));
}

int
json_body_set_int(json_t *o, const char *member, int value)
{
	return json_object_set_new(o, member, json_integer(value));
}

int
json_body_set_count(json_t *o, const char *member, int value)
{
	return value < 0 ? 0 : json_body_set_int(o, member, value);
}
