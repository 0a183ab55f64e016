/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that are read as the account of a connection: the cut text is no longer than the account, and no text makes the
 * reader of accounts fail.
 */
#include "candidate/past.h"
#include "candidate/past_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all that a replay reads. Returns the number of questions. */
static size_t
look(json_t *account)
{
	struct past p;
	struct fault f;
	size_t questions = 0;

	if (past_read(&p, account, &f) == 0) {
		questions = p.questions;
		assert(strlen(p.facts.connection) < sizeof p.facts.connection && strlen(p.facts.capex.applid) < sizeof p.facts.capex.applid);
	}
	for (size_t i = 0; i < questions; i++) {
		struct answer_tape t = { .door = DOOR_ADMIT };
		struct request q;
		struct past one = p;
		size_t bytes;

		past_answers(&p.question[i], &t);
		assert(t.n <= ANSWER_TAPE_MAX);
		answer_tape_free(&t);
		past_request(&p.question[i], &q, &bytes);
		past_try(&one, &p.question[i]);
	}
	past_free(&p);
	return questions;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *out = malloc(size + 1);
	json_t *whole, *cut;
	size_t n;

	if (text == NULL || out == NULL) {
		free(text);
		free(out);
		return 0;
	}
	memcpy(text, data, size);
	n = past_text_cut(out, text, size);
	assert(n <= size);
	whole = json_loadb(text, size, JSON_ALLOW_NUL, NULL);
	cut = json_loadb(out, n, JSON_ALLOW_NUL, NULL);
	if (json_is_object(whole))
		look(whole);
	else
		json_decref(whole);
	if (json_is_object(cut))
		look(cut);
	else
		json_decref(cut);
	free(text);
	free(out);
	return 0;
}
