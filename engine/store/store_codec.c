/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_codec.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

/* --- replies ---------------------------------------------------------------------------------- */

struct store_reader {
	redisReader *redis;
	redisReplyObjectFunctions functions; /* hiredis wants a table that it may write */
	size_t pending;                      /* bytes since the last whole reply */
};

void
store_reply_free(struct store_reply *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		store_reply_free(r->item[i]);
	free(r->item);
	free(r->text);
	free(r);
}

bool
store_reply_is_error(const struct store_reply *r, const char *word)
{
	size_t n = strlen(word);

	return r->kind == STORE_ERROR && r->len >= n && memcmp(r->text, word, n) == 0 && (r->len == n || r->text[n] == ' ');
}

size_t
store_reply_code(const struct store_reply *r)
{
	return strcspn(r->text, " ");
}

/* A new reply in the place that the task has in its list. NULL: no memory. */
static struct store_reply *
reply_new(const redisReadTask *task, enum store_reply_kind kind)
{
	struct store_reply *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->kind = kind;
	if (task->parent != NULL)
		((struct store_reply *)task->parent->obj)->item[task->idx] = r;
	return r;
}

static void *
store_codec_text(const redisReadTask *task, char *text, size_t len)
{
	enum store_reply_kind kind = task->type == REDIS_REPLY_ERROR ? STORE_ERROR : task->type == REDIS_REPLY_STATUS ? STORE_STATUS : STORE_TEXT;
	char *copy = malloc(len + 1);
	struct store_reply *r = copy != NULL ? reply_new(task, kind) : NULL;

	if (r == NULL) {
		free(copy);
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	r->text = copy;
	r->len = len;
	return r;
}

/* hiredis allocates as many elements as the head of a list promises: a few bytes could ask for gigabytes. */
static void *
store_codec_list(const redisReadTask *task, int n)
{
	struct store_reply **item = n >= 0 && n <= STORE_REPLY_ITEMS ? calloc((size_t)n + 1, sizeof(struct store_reply *)) : NULL;
	struct store_reply *r = item != NULL ? reply_new(task, STORE_LIST) : NULL;

	if (r == NULL) {
		free(item);
		return NULL;
	}
	r->item = item;
	r->n = (size_t)n;
	return r;
}

static void *
store_codec_integer(const redisReadTask *task, long long value)
{
	struct store_reply *r = reply_new(task, STORE_INTEGER);

	if (r != NULL)
		r->integer = value;
	return r;
}

static void *
store_codec_nil(const redisReadTask *task)
{
	return reply_new(task, STORE_NIL);
}

static void
store_codec_free(void *reply)
{
	store_reply_free(reply);
}

struct store_reader *
store_reader_new(void)
{
	struct store_reader *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->functions = (redisReplyObjectFunctions){ store_codec_text, store_codec_list, store_codec_integer, store_codec_nil, store_codec_free };
	r->redis = redisReaderCreateWithFunctions(&r->functions);
	if (r->redis != NULL)
		return r;
	free(r);
	return NULL;
}

void
store_reader_free(struct store_reader *r)
{
	if (r == NULL)
		return;
	redisReaderFree(r->redis);
	free(r);
}

static int
blame(const struct store_reader *r, struct fault *f)
{
	if (r->redis->err == REDIS_ERR_OOM)
		return fault_set(f, "a list of its reply has more than %d items, or there is no memory", STORE_REPLY_ITEMS);
	return fault_set(f, "its bytes are no reply of a Redis server");
}

int
store_reader_feed(struct store_reader *r, const void *bytes, size_t n, struct fault *f)
{
	r->pending += n;
	return redisReaderFeed(r->redis, bytes, n) == REDIS_OK ? 0 : blame(r, f);
}

int
store_reader_next(struct store_reader *r, struct store_reply **out, struct fault *f)
{
	void *reply = NULL;

	*out = NULL;
	if (redisReaderGetReply(r->redis, &reply) != REDIS_OK)
		return blame(r, f);
	*out = reply;
	if (reply != NULL)
		r->pending = r->redis->len - r->redis->pos;
	else if (r->pending > STORE_REPLY_BYTES)
		return fault_set(f, "its reply has more than %d bytes", STORE_REPLY_BYTES);
	return 0;
}

/* --- commands --------------------------------------------------------------------------------- */

void
store_word(struct store_words *w, const char *text, size_t len)
{
	w->text[w->n] = text;
	w->len[w->n++] = len;
}

void
store_word_text(struct store_words *w, const char *text)
{
	store_word(w, text, strlen(text));
}

int
store_words_write(const struct store_words *w, const struct store_words *head, struct buf *out)
{
	const char *text[2 * STORE_WORDS];
	size_t len[2 * STORE_WORDS], n = 0;
	char *command = NULL;
	int bytes, rc;

	for (size_t i = 0; head != NULL && i < head->n; i++, n++)
		text[n] = head->text[i], len[n] = head->len[i];
	for (size_t i = 0; i < w->n; i++, n++)
		text[n] = w->text[i], len[n] = w->len[i];
	bytes = redisFormatCommandArgv(&command, (int)n, text, len);
	if (bytes < 0)
		return -1;
	rc = buf_add(out, command, (size_t)bytes);
	redisFreeCommand(command);
	return rc;
}
