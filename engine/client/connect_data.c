/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect_data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/ccsid.h"

#define STDIN "-"

static int
complain(const struct connect_line *l, const char *what, const char *which, const char *why)
{
	fprintf(stderr, "%s: --%s %s: %s\n", l->command, what, which, why);
	return -1;
}

/* Reads a whole file. 1: it is longer than the bound of the buffer. -1: it cannot be read; stderr has the sentence. */
static int
slurp(const struct connect_line *l, const char *option, const char *file, struct buf *b)
{
	bool is_stdin = strcmp(file, STDIN) == 0;
	FILE *f = is_stdin ? stdin : fopen(file, "r");
	int r = 0;
	char piece[4096];
	size_t n;

	if (f == NULL)
		return complain(l, option, file, strerror(errno));
	while (r == 0 && (n = fread(piece, 1, sizeof piece, f)) > 0)
		r = buf_add(b, piece, n) < 0;
	if (ferror(f))
		r = complain(l, option, file, strerror(errno));
	explicit_bzero(piece, sizeof piece);
	if (!is_stdin)
		fclose(f);
	return r;
}

/* ---- the data ---- */

static int
read_data(const struct connect_line *l, struct buf *b)
{
	const char *data = l->value[OPT_DATA], *file = l->value[OPT_FILE];
	int r = 0;

	if (data != NULL && file != NULL)
		return complain(l, "file", file, "or --data, not both");
	if (file != NULL)
		r = slurp(l, "file", file, b);
	else if (data != NULL)
		r = buf_add(b, data, strlen(data)) < 0;
	return r > 0 ? complain(l, file != NULL ? "file" : "data", file != NULL ? file : "...", "more than 16 MiB") : r;
}

/* Converts the data. With an unknown code page the bytes go unchanged: a test may want to see them refused. */
static int
encode(const struct connect_line *l, struct connect_requests_options *o)
{
	struct buf converted;
	const char *why;

	if (connect_options_number(l, OPT_CCSID, 1, 65535, &o->ccsid) < 0)
		return -1;
	if (!ccsid_known(o->ccsid))
		return 0;
	buf_init(&converted, PAYLOAD_MAX);
	if (ccsid_convert(CCSID_UTF8, o->ccsid, buf_len(&o->data) > 0 ? (const void *)buf_bytes(&o->data) : "", buf_len(&o->data), &converted, &why) < 0) {
		buf_free(&converted);
		return complain(l, "ccsid", l->value[OPT_CCSID], why);
	}
	buf_free(&o->data);
	o->data = converted;
	return 0;
}

/* ---- the password ---- */

static int
set_password(const struct connect_line *l, struct request *r, const char *option, const char *p, size_t len)
{
	if (len >= sizeof r->password || memchr(p, '\0', len) != NULL)
		return complain(l, option, "...", "a password has at most 100 bytes");
	memcpy(r->password, p, len);
	r->password[len] = '\0';
	r->has_password = true;
	return 0;
}

static int
password_of_file(const struct connect_line *l, struct request *r, const char *file)
{
	struct buf b;
	const char *end;
	int result;

	buf_init(&b, 4096);
	result = slurp(l, "password-file", file, &b) < 0 ? -1 : 0;
	if (result == 0 && buf_len(&b) == 0) {
		result = set_password(l, r, "password-file", "", 0);
	} else if (result == 0) {
		end = memchr(buf_bytes(&b), '\n', buf_len(&b));
		result = set_password(l, r, "password-file", (char *)buf_bytes(&b), end != NULL ? (size_t)(end - (char *)buf_bytes(&b)) : buf_len(&b));
	}
	if (b.data != NULL)
		explicit_bzero(b.data, b.cap);
	buf_free(&b);
	return result;
}

/* Overwrites a password in argv at once: the list of processes shows the command line. */
static int
read_password(const struct connect_line *l, struct request *r)
{
	char *given = (char *)(uintptr_t)l->value[OPT_PASSWORD]; /* argv may be written to */
	const char *file = l->value[OPT_PASSWORD_FILE];
	int result = 0;

	if (given != NULL) {
		result = set_password(l, r, "password", given, strlen(given));
		explicit_bzero(given, strlen(given));
	}
	if (given != NULL && file != NULL)
		return complain(l, "password-file", file, "or --password, not both");
	if (file != NULL && l->value[OPT_FILE] != NULL && strcmp(file, STDIN) == 0 && strcmp(l->value[OPT_FILE], STDIN) == 0)
		return complain(l, "password-file", file, "stdin is the data");
	return file != NULL ? password_of_file(l, r, file) : result;
}

/* ---- all parts ---- */

static int
needs_link(const struct connect_line *l)
{
	for (int opt = OPT_DATA; opt <= OPT_HOPS; opt++) {
		if (l->value[opt] == NULL)
			continue;
		fprintf(stderr, "%s: --data, --userid and the other options of requests need --link PROGRAM or --tran T\n", l->command);
		return -1;
	}
	return 0;
}

int
connect_data_fill(const struct connect_line *l, struct connect_requests_options *o)
{
	int bad = read_password(l, &o->head);

	buf_init(&o->data, PAYLOAD_MAX);
	o->count = o->parallel = 1;
	o->wanted = l->value[OPT_LINK] != NULL || l->value[OPT_TRAN] != NULL;
	if (!o->wanted)
		return bad | needs_link(l);
	bad |= connect_options_text(l, OPT_LINK, o->head.program, sizeof o->head.program);
	bad |= connect_options_text(l, OPT_TRAN, o->head.tran, sizeof o->head.tran);
	bad |= connect_options_text(l, OPT_USERID, o->head.userid, sizeof o->head.userid);
	bad |= connect_options_number(l, OPT_HOPS, -1, 1000, &o->head.hops);
	bad |= connect_options_number(l, OPT_REQUESTS, 1, 100000000, &o->count);
	bad |= connect_options_number(l, OPT_PARALLEL, 1, 9999, &o->parallel);
	o->open = l->value[OPT_OPEN] != NULL;
	o->over_count = l->value[OPT_OVER_COUNT] != NULL;
	o->no_pacing = l->value[OPT_NO_PACING] != NULL;
	o->hold_pacing = l->value[OPT_HOLD_PACING] != NULL;
	return bad == 0 && (read_data(l, &o->data) < 0 || encode(l, o) < 0) ? -1 : bad;
}

void
connect_data_free(struct connect_requests_options *o)
{
	explicit_bzero(&o->head, sizeof o->head);
	if (o->data.data != NULL)
		explicit_bzero(o->data.data, o->data.cap);
	buf_free(&o->data);
}
