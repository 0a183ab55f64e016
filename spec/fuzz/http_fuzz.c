/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader must come to the same end whether a message arrives at once or byte by byte, and never point outside of
 * it.
 */
#include "ipic/http.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 100

static void
check_part(const struct http_part *part, size_t head)
{
	assert(part->len == 0 || (part->at <= head && part->len <= head - part->at));
}

static void
check_end(const struct http_reader *r, enum http_result result, size_t n)
{
	if (result == HTTP_BAD)
		assert((r->status == 400 || r->status == 413) && r->why != NULL);
	if (result != HTTP_DONE)
		return;
	assert(r->size <= n && r->body.len <= BODY_MAX && r->body.at <= HTTP_HEAD_MAX);
	assert(r->body.at + r->body.len == r->size);
	assert((r->allowed & r->kind) != 0);
	assert(r->kind == HTTP_REQUEST || (r->status >= 200 && r->status <= 599));
	check_part(&r->is, r->body.at);
	check_part(&r->type, r->body.at);
}

static bool
same_part(const struct http_part *x, const struct http_part *y)
{
	return x->at == y->at && x->len == y->len;
}

static void
check_same(const struct http_reader *x, const struct http_reader *y)
{
	assert(x->status == y->status && x->size == y->size && x->at == y->at && x->kind == y->kind);
	assert((x->why == NULL) == (y->why == NULL) && (x->why == NULL || strcmp(x->why, y->why) == 0));
	assert(same_part(&x->is, &y->is) && same_part(&x->type, &y->type) && same_part(&x->body, &y->body));
}

/* Each piece lies in memory of its own size, so that a look behind it is seen. */
static enum http_result
read_prefix(struct http_reader *r, const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	enum http_result result;

	if (n > 0)
		memcpy(copy, data, n);
	result = http_read(r, copy, n);
	free(copy);
	return result;
}

static void
run(unsigned allowed, const uint8_t *data, size_t n)
{
	struct http_reader once, slow;
	enum http_result at_once, bytewise = HTTP_MORE;

	http_begin(&once, allowed, BODY_MAX);
	at_once = read_prefix(&once, data, n);
	check_end(&once, at_once, n);
	http_begin(&slow, allowed, BODY_MAX);
	for (size_t i = 0; i <= n && bytewise == HTTP_MORE; i++) {
		assert(slow.at <= i);
		bytewise = n <= 1024 ? read_prefix(&slow, data, i) : http_read(&slow, data, i);
	}
	assert(at_once == bytewise);
	check_same(&once, &slow);
	if (at_once != HTTP_MORE)
		assert(http_read(&slow, data, n) == at_once);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	run(HTTP_REQUEST, data, n);
	run(HTTP_ANSWER, data, n);
	run(HTTP_REQUEST | HTTP_ANSWER, data, n);
	return 0;
}
