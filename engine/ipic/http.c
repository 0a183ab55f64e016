/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/http.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/digits.h"

#define REQUEST_LINE "POST /ipic HTTP/1.1\r\n"
#define REQUEST_LF (sizeof REQUEST_LINE - 2) /* where its last byte stands */
#define ANSWER_START "HTTP/1.1 "
#define STATUS_AT (sizeof ANSWER_START - 1) /* the three digits of an answer's status */
#define PHRASE_AT (STATUS_AT + 3)
#define EACH_BYTE UINT64_C(0x0101010101010101) /* times a byte: a word of eight of them */
#define PARTS_MAX 14 /* of a message that is written */
#define EBCDIC_P 0xd7 /* of POST */

enum state {
	FIRST_BYTE,    /* nothing read yet: a request or an answer */
	REQUEST_TEXT,  /* inside REQUEST_LINE, its CR LF included */
	ANSWER_TEXT,   /* inside ANSWER_START and the status */
	PHRASE,        /* an answer's reason phrase */
	HEADER_START,  /* first byte of a header line, or of the empty line */
	HEADER_NAME,
	VALUE_IGNORED, /* the values, by their use */
	VALUE_IS,
	VALUE_TYPE,
	LENGTH_BEFORE, /* Content-Length: blanks before, the digits, blanks behind */
	LENGTH_DIGITS,
	LENGTH_AFTER,
	LINE_LF,       /* the LF of a header line or a status line */
	HEAD_LF,       /* the LF of the empty line */
	BODY,
	BAD,
};

static int
refuse(struct http_reader *r, int status, const char *why)
{
	r->state = BAD;
	r->status = status;
	r->why = why;
	return -1;
}

static int
bad(struct http_reader *r, const char *why)
{
	return refuse(r, 400, why);
}

void
http_begin(struct http_reader *r, unsigned allowed, size_t body_max)
{
	memset(r, 0, sizeof *r);
	r->allowed = allowed;
	r->body_max = body_max;
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* A byte that a header's value or a reason phrase may hold. The caller has checked for CR. */
static bool
is_text(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* A byte of a header's name (token in RFC 9110). A blank before the colon is none. */
static bool
is_name(unsigned char c)
{
	if (((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* ---- the first line ---- */

static const char *
request_fault(size_t at)
{
	if (at < strlen("POST "))
		return "the method is not POST";
	if (at < strlen("POST /ipic "))
		return "the target is not /ipic";
	return "the request line does not end in HTTP/1.1";
}

static int
on_request_text(struct http_reader *r, unsigned char c)
{
	if (c != (unsigned char)REQUEST_LINE[r->at])
		return bad(r, request_fault(r->at));
	if (r->at == REQUEST_LF)
		r->state = HEADER_START;
	return 0;
}

static int
on_answer_text(struct http_reader *r, unsigned char c)
{
	if (r->at < STATUS_AT) {
		if (c != (unsigned char)ANSWER_START[r->at])
			return bad(r, "the answer is not HTTP/1.1");
		return 0;
	}
	/* 1xx: an interim answer would break the order of requests and answers */
	if (c < (r->at == STATUS_AT ? '2' : '0') || c > (r->at == STATUS_AT ? '5' : '9'))
		return bad(r, "the status is not a number from 200 to 599");
	r->status = r->status * 10 + (c - '0');
	if (r->at == PHRASE_AT - 1)
		r->state = PHRASE;
	return 0;
}

static int
on_phrase(struct http_reader *r, unsigned char c)
{
	if (c == '\r') {
		r->state = LINE_LF;
		return 0;
	}
	if (r->at == PHRASE_AT && c != ' ')
		return bad(r, "no blank behind the status");
	if (!is_text(c))
		return bad(r, "a control character in the status line");
	return r->at < HTTP_LINE_MAX ? 0 : bad(r, "the status line is too long");
}

static int
on_first_byte(struct http_reader *r, unsigned char c)
{
	if (c == (unsigned char)REQUEST_LINE[0] && (r->allowed & HTTP_REQUEST) != 0) {
		r->kind = HTTP_REQUEST;
		r->state = REQUEST_TEXT;
		return 0;
	}
	if (c == (unsigned char)ANSWER_START[0] && (r->allowed & HTTP_ANSWER) != 0) {
		r->kind = HTTP_ANSWER;
		r->state = ANSWER_TEXT;
		return 0;
	}
	if (c == 0x16)
		return bad(r, "TLS where HTTP/1.1 was expected");
	if (c == EBCDIC_P) /* a partner ported from a mainframe that sends EBCDIC */
		return bad(r, "EBCDIC where HTTP/1.1 in ASCII was expected");
	if (r->allowed == HTTP_REQUEST)
		return bad(r, "the method is not POST");
	return bad(r, r->allowed == HTTP_ANSWER ? "the answer is not HTTP/1.1" : "neither a POST nor an answer");
}

/* ---- header lines ---- */

static int
begin_is(struct http_reader *r)
{
	if (r->has_is)
		return bad(r, "a second IS header");
	r->has_is = true;
	r->is.at = r->at + 1;
	r->state = VALUE_IS;
	return 0;
}

static int
begin_type(struct http_reader *r)
{
	if (r->has_type)
		return bad(r, "a second Content-Type header");
	r->has_type = true;
	r->type.at = r->at + 1;
	r->state = VALUE_TYPE;
	return 0;
}

static int
begin_length(struct http_reader *r)
{
	if (r->has_length)
		return bad(r, "a second Content-Length header");
	r->has_length = true;
	r->state = LENGTH_BEFORE;
	return 0;
}

static const struct {
	const char *name;
	int (*begin)(struct http_reader *r); /* NULL: the header is refused; `why` has the sentence */
	const char *why;
} headers[] = {
	{ "IS", begin_is, NULL },
	{ "Content-Type", begin_type, NULL },
	{ "Content-Length", begin_length, NULL },
	{ "Transfer-Encoding", NULL, "Transfer-Encoding is not spoken here; give a Content-Length" },
	{ "Expect", NULL, "Expect is not spoken here" },
	{ "Upgrade", NULL, "Upgrade is not spoken here" },
};

static int
on_header_name(struct http_reader *r, const unsigned char *bytes)
{
	unsigned char c = bytes[r->at];
	const char *name = (const char *)bytes + r->line;
	size_t len = r->at - r->line;

	if (c != ':')
		return is_name(c) ? 0 : bad(r, "a header's name holds what no name can hold");
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		if (strlen(headers[i].name) == len && strncasecmp(headers[i].name, name, len) == 0)
			return headers[i].begin != NULL ? headers[i].begin(r) : bad(r, headers[i].why);
	r->state = VALUE_IGNORED;
	return 0;
}

static int
on_header_start(struct http_reader *r, unsigned char c)
{
	r->line = r->at;
	if (c == '\r') {
		r->state = HEAD_LF;
		return 0;
	}
	if (is_blank(c))
		return bad(r, "a folded header line");
	if (!is_name(c))
		return bad(r, "a header line does not begin with a name");
	if (++r->headers > HTTP_HEADERS_MAX)
		return bad(r, "too many headers");
	r->state = HEADER_NAME;
	return 0;
}

static int
on_value(struct http_reader *r, unsigned char c)
{
	if (c == '\r')
		r->state = LINE_LF;
	else if (!is_text(c))
		return bad(r, "a control character in a header");
	return 0;
}

/* Trims the value: leading blanks move the start, and the length ends at the last byte that is not blank. */
static int
on_kept_value(struct http_reader *r, struct http_part *part, unsigned char c)
{
	if (is_blank(c) && part->len == 0)
		part->at = r->at + 1;
	else if (!is_blank(c) && c != '\r')
		part->len = r->at + 1 - part->at;
	return on_value(r, c);
}

static int
on_length(struct http_reader *r, unsigned char c)
{
	if (c >= '0' && c <= '9' && r->state != LENGTH_AFTER) {
		if (r->body.len > (SIZE_MAX - 9) / 10)
			return bad(r, "Content-Length is no number a machine can hold");
		r->body.len = r->body.len * 10 + (size_t)(c - '0');
		r->state = LENGTH_DIGITS;
		return 0;
	}
	if (is_blank(c)) {
		r->state = r->state == LENGTH_BEFORE ? LENGTH_BEFORE : LENGTH_AFTER;
		return 0;
	}
	if (c != '\r' || r->state == LENGTH_BEFORE)
		return bad(r, "Content-Length is not a number");
	if (r->body.len > r->body_max)
		return refuse(r, 413, "the body is too large");
	r->state = LINE_LF;
	return 0;
}

static int
on_line_lf(struct http_reader *r, unsigned char c)
{
	if (c != '\n')
		return bad(r, "a CR without its LF");
	r->state = HEADER_START;
	return 0;
}

static int
on_head_lf(struct http_reader *r, unsigned char c)
{
	if (c != '\n')
		return bad(r, "a CR without its LF");
	if (r->type.len > 0 && !r->has_length)
		return bad(r, "a Content-Type without a Content-Length");
	r->body.at = r->at + 1;
	r->size = r->body.at + r->body.len;
	r->state = BODY;
	return 0;
}

static bool
in_header_line(const struct http_reader *r)
{
	return r->state >= HEADER_NAME && r->state <= LENGTH_AFTER;
}

static int
judge(struct http_reader *r, const unsigned char *bytes)
{
	unsigned char c = bytes[r->at];

	switch ((enum state)r->state) {
	case FIRST_BYTE: return on_first_byte(r, c);
	case REQUEST_TEXT: return on_request_text(r, c);
	case ANSWER_TEXT: return on_answer_text(r, c);
	case PHRASE: return on_phrase(r, c);
	case HEADER_START: return on_header_start(r, c);
	case HEADER_NAME: return on_header_name(r, bytes);
	case VALUE_IGNORED: return on_value(r, c);
	case VALUE_IS: return on_kept_value(r, &r->is, c);
	case VALUE_TYPE: return on_kept_value(r, &r->type, c);
	case LENGTH_BEFORE:
	case LENGTH_DIGITS:
	case LENGTH_AFTER: return on_length(r, c);
	case LINE_LF: return on_line_lf(r, c);
	case HEAD_LF: return on_head_lf(r, c);
	case BODY:
	case BAD: break;
	}
	return -1;
}

/* --- runs: bytes that change no state, taken in one loop ---- */

/* Whether eight bytes are text, and none of them a tab. */
static bool
are_text(const unsigned char *bytes)
{
	uint64_t word, del;

	memcpy(&word, bytes, sizeof word);
	del = word ^ EACH_BYTE * 0x7f;
	return ((((word - EACH_BYTE * ' ') & ~word) | ((del - EACH_BYTE) & ~del)) & EACH_BYTE * 0x80) == 0;
}

static size_t
end_of_text(const unsigned char *bytes, size_t at, size_t end)
{
	while (end - at >= sizeof(uint64_t) && are_text(bytes + at))
		at += sizeof(uint64_t);
	while (at < end && is_text(bytes[at]))
		at++;
	return at;
}

/* Takes the rest of the request line but its LF, when it is there and right; else on_request_text takes each byte. */
static void
skip_request_line(struct http_reader *r, const unsigned char *bytes, size_t n)
{
	if (n >= REQUEST_LF && memcmp(bytes + r->at, REQUEST_LINE + r->at, REQUEST_LF - r->at) == 0)
		r->at = REQUEST_LF;
}

/* Takes bytes of a value that is kept. A blank in front of it is for on_kept_value. */
static void
skip_kept(struct http_reader *r, struct http_part *part, const unsigned char *bytes, size_t end)
{
	size_t last;

	if (part->len == 0 && (r->at == end || is_blank(bytes[r->at])))
		return;
	last = r->at = end_of_text(bytes, r->at, end);
	while (last > part->at && is_blank(bytes[last - 1]))
		last--;
	part->len = last - part->at;
}

/* Takes bytes that stay within the request line, a name or a value, and none behind the limits of http_read. */
static void
skip(struct http_reader *r, const unsigned char *bytes, size_t n)
{
	size_t end = n < HTTP_HEAD_MAX - 1 ? n : HTTP_HEAD_MAX - 1;

	if (r->line + HTTP_HEADER_MAX < end)
		end = r->line + HTTP_HEADER_MAX;
	if (r->state == REQUEST_TEXT)
		skip_request_line(r, bytes, n);
	else if (r->state == HEADER_NAME)
		while (r->at < end && is_name(bytes[r->at]))
			r->at++;
	else if (r->state == VALUE_IGNORED)
		r->at = end_of_text(bytes, r->at, end);
	else if (r->state == VALUE_IS)
		skip_kept(r, &r->is, bytes, end);
	else if (r->state == VALUE_TYPE)
		skip_kept(r, &r->type, bytes, end);
}

enum http_result
http_read(struct http_reader *r, const void *bytes, size_t n)
{
	for (; r->state < BODY && r->at < n; r->at++) {
		skip(r, bytes, n);
		if (r->at == n)
			break;
		if (judge(r, bytes) < 0)
			return HTTP_BAD;
		if (in_header_line(r) && r->at - r->line >= HTTP_HEADER_MAX) {
			bad(r, "a header line is too long");
			return HTTP_BAD;
		}
		if (r->at + 1 >= HTTP_HEAD_MAX && r->state != BODY) {
			bad(r, "the headers are too long");
			return HTTP_BAD;
		}
	}
	if (r->state == BAD)
		return HTTP_BAD;
	return r->state == BODY && n >= r->size ? HTTP_DONE : HTTP_MORE;
}

/* ---- the writer ---- */

static const char *
status_line(int status)
{
	switch (status) {
	case 200: return ANSWER_START "200 OK\r\n";
	case 307: return ANSWER_START "307 Temporary Redirect\r\n";
	case 400: return ANSWER_START "400 Bad Request\r\n";
	case 403: return ANSWER_START "403 Forbidden\r\n";
	case 413: return ANSWER_START "413 Content Too Large\r\n";
	case 503: return ANSWER_START "503 Service Unavailable\r\n";
	default: return ANSWER_START "500 Internal Server Error\r\n";
	}
}

/* The parts of a message, in order. */
struct parts {
	struct part {
		const char *bytes;
		size_t len;
	} part[PARTS_MAX];
	size_t n;
};

static inline void
add_bytes(struct parts *m, const char *bytes, size_t len)
{
	m->part[m->n++] = (struct part){ bytes, len };
}

static inline void
add(struct parts *m, const char *text)
{
	add_bytes(m, text, strlen(text));
}

/* name: with its colon. An empty value makes no header. -1: the value has a control character, which would end it. */
static inline int
add_header(struct parts *m, const char *name, const char *value)
{
	size_t len = value != NULL ? strlen(value) : 0;

	if (len == 0)
		return 0;
	if (end_of_text((const unsigned char *)value, 0, len) < len)
		return -1;
	add(m, name);
	add_bytes(m, value, len);
	add(m, "\r\n");
	return 0;
}

/* Appends all parts, or none. */
static int
put_parts(struct buf *b, const struct parts *m)
{
	size_t len = 0, at = 0;
	unsigned char *to;

	for (size_t i = 0; i < m->n; i++)
		len += m->part[i].len;
	to = buf_room(b, len);
	if (to == NULL)
		return -1;
	for (size_t i = 0; i < m->n; at += m->part[i++].len)
		memcpy(to + at, m->part[i].bytes, m->part[i].len);
	buf_wrote(b, len);
	return 0;
}

static int
put_message(struct buf *b, struct parts *m, const char *is, const char *type, const void *body, size_t len)
{
	char digits[DIGITS_MAX];

	if (add_header(m, "IS: ", is) < 0 || add_header(m, "Content-Type: ", type) < 0)
		return -1;
	add(m, "Content-Length: ");
	add_bytes(m, digits, digits_decimal(digits, len));
	add(m, "\r\n\r\n");
	if (len > 0)
		add_bytes(m, body, len);
	return put_parts(b, m);
}

int
http_request(struct buf *b, const char *host, const char *is, const char *type, const void *body, size_t len)
{
	struct parts m;

	m.n = 0;
	add(&m, REQUEST_LINE);
	return add_header(&m, "Host: ", host) < 0 ? -1 : put_message(b, &m, is, type, body, len);
}

int
http_answer(struct buf *b, int status, const char *is, const char *type, const void *body, size_t len)
{
	struct parts m;

	m.n = 0;
	add(&m, status_line(status));
	return put_message(b, &m, is, type, body, len);
}
