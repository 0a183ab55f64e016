/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/pem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define MARK "\xef\xbb\xbf" /* UTF-8's byte order mark */
#define LOST_BASE64 32     /* a line of at least so many base64 characters that begins as DER does is not text */

struct span {
	const char *s;
	size_t n;
};

struct pem
pem_walk(const char *bytes, size_t n)
{
	bool marked = n >= 3 && memcmp(bytes, MARK, 3) == 0;

	return (struct pem){ .at = marked ? bytes + 3 : bytes, .end = bytes + n, .line = 1 };
}

/* Cuts off the next line, without its end and without the blanks before that. */
static struct span
take_line(struct pem *p)
{
	const char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));
	struct span l = { p->at, (size_t)((nl != NULL ? nl : p->end) - p->at) };

	p->at = nl != NULL ? nl + 1 : p->end;
	while (l.n > 0 && strchr(" \t\r\f", l.s[l.n - 1]) != NULL && l.s[l.n - 1] != '\0')
		l.n--;
	return l;
}

static bool
starts(struct span l, const char *with)
{
	return l.n >= strlen(with) && memcmp(l.s, with, strlen(with)) == 0;
}

static bool
holds(struct span l, const char *what)
{
	return l.n > 0 && memmem(l.s, l.n, what, strlen(what)) != NULL;
}

/* Length in bytes of the dash (ASCII or Unicode's) at the front; 0: no dash. */
static size_t
dash(struct span l)
{
	if (starts(l, "-"))
		return 1;
	return l.n >= 3 && memcmp(l.s, "\xe2\x80", 2) == 0 && (unsigned char)l.s[2] >= 0x90 && (unsigned char)l.s[2] <= 0x95 ? 3 : 0;
}

static struct span
after(struct span l, size_t n)
{
	return (struct span){ l.s + n, l.n - n };
}

/* True for a line that looks like a boundary: at least three dashes of any kind, then BEGIN or END in any case. */
static bool
like_boundary(struct span l)
{
	size_t n, dashes = 0;

	while (l.n > 0 && (*l.s == ' ' || *l.s == '\t'))
		l = after(l, 1);
	for (; (n = dash(l)) > 0; dashes++)
		l = after(l, n);
	while (l.n > 0 && *l.s == ' ')
		l = after(l, 1);
	if (dashes < 3)
		return false;
	return (l.n > 6 && strncasecmp(l.s, "BEGIN ", 6) == 0) || (l.n > 4 && strncasecmp(l.s, "END ", 4) == 0);
}

/* The value of a character of base64; -1: another character. */
static int
sextet(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Base64 of DER begins with "MI"; a long word in a text does not begin so and continue in base64. */
static bool
lost_base64(struct span l)
{
	size_t n = 0;

	while (l.n > 0 && (*l.s == ' ' || *l.s == '\t'))
		l = after(l, 1);
	while (n < l.n && (sextet(l.s[n]) >= 0 || l.s[n] == '='))
		n++;
	return n >= LOST_BASE64 && n == l.n && starts(l, "MI");
}

static bool
is_text(struct span l)
{
	for (size_t i = 0; i < l.n; i++)
		if (((unsigned char)l.s[i] < 0x20 && strchr("\t\r\f", l.s[i]) == NULL) || l.s[i] == '\0' || l.s[i] == 0x7f)
			return false;
	return true;
}

/* Checks a line between blocks: it must be text. */
static int
judge_text(struct span l, struct fault *f)
{
	if (holds(l, BEGIN))
		return fault_set(f, "text or blanks precede -----BEGIN on its line, so the block would not be read; -----BEGIN must begin the line");
	if (starts(l, END))
		return fault_set(f, "an -----END without its -----BEGIN");
	if (holds(l, DASHES "BEGIN") || holds(l, DASHES "END") || like_boundary(l))
		return fault_set(f, "almost a boundary of a PEM block; a boundary must be the whole line -----BEGIN LABEL----- or "
			"-----END LABEL-----");
	if (lost_base64(l))
		return fault_set(f, "base64 outside of a block; its line -----BEGIN LABEL----- is missing");
	if (!is_text(l))
		return fault_set(f, "bytes that are neither a PEM block nor text; DER is read only when it is the whole file");
	return 0;
}

/* The label of a boundary that begins with `with`; -1: it is malformed. */
static int
read_label(struct span l, const char *with, char out[PEM_LABEL])
{
	size_t skip = strlen(with), n = l.n;

	if (!starts(l, with) || n < skip + 1 + strlen(DASHES) || memcmp(l.s + n - 5, DASHES, 5) != 0)
		return -1;
	n -= skip + 5;
	if (n >= PEM_LABEL)
		return -1;
	for (size_t i = skip; i < skip + n; i++)
		if (l.s[i] < ' ' || l.s[i] > '~' || l.s[i] == '-')
			return -1;
	memcpy(out, l.s + skip, n);
	out[n] = '\0';
	return 0;
}

/* Decodes base64: four characters are three bytes, and nothing follows the padding. */
struct decoder {
	unsigned char *out;
	size_t n;
	uint32_t bits;
	unsigned have;    /* characters of the group of four under way */
	unsigned padding; /* '=' seen */
	bool head;        /* still in the block's headers */
};

static int
decode_char(struct decoder *d, char c)
{
	int value = c == '=' ? 0 : sextet(c);

	if (value < 0 || (c == '=' && d->have < 2) || (c != '=' && d->padding > 0) || (d->padding > 0 && d->have == 0))
		return -1;
	d->padding += c == '=';
	d->bits = d->bits << 6 | (uint32_t)value;
	if (++d->have < 4)
		return 0;
	d->have = 0;
	for (unsigned i = 0; i < 3 - d->padding; i++)
		d->out[d->n++] = (unsigned char)(d->bits >> (16 - 8 * i));
	return 0;
}

static int
decode_line(struct decoder *d, struct span l, struct fault *f)
{
	for (size_t i = 0; i < l.n; i++)
		if (l.s[i] != ' ' && l.s[i] != '\t' && decode_char(d, l.s[i]) < 0)
			return fault_set(f, "not base64: column %zu", i + 1);
	return 0;
}

/*
 * Reads a header line of the block (RFC 1421), which only an encrypted private key has; a blank line ends the headers.
 */
static int
read_head(struct pem_block *b, struct decoder *d, struct span l, struct fault *f)
{
	d->head = l.n > 0;
	if (l.n == 0)
		return 0;
	if (strstr(b->label, "PRIVATE KEY") == NULL || !(starts(l, "Proc-Type:") || starts(l, "DEK-Info:")))
		return fault_set(f, "a line that is not base64 in the block %s", b->label);
	b->encrypted = true;
	return 0;
}

static int
end_block(const struct pem_block *b, const struct decoder *d, struct span l, struct fault *f)
{
	char label[PEM_LABEL];

	if (read_label(l, END, label) < 0 || strcmp(label, b->label) != 0)
		return fault_set(f, "the block %s that begins at line %d does not end with the line -----END %s-----", b->label, b->line, b->label);
	if (d->have != 0 || d->n == 0)
		return fault_set(f, "the block %s that begins at line %d is incomplete: %s", b->label, b->line,
			d->n == 0 && d->have == 0 ? "it has no base64" : "its base64 ends in the middle of a group of four");
	return 1;
}

/* Reads one line of a block. 1: it was the last; 0: continue. */
static int
take_body(struct pem_block *b, struct decoder *d, struct span l, struct fault *f)
{
	if (holds(l, DASHES) || like_boundary(l))
		return end_block(b, d, l, f);
	if (d->head || (memchr(l.s, ':', l.n) != NULL && d->n == 0 && d->have == 0))
		return read_head(b, d, l, f);
	if (l.n == 0) /* some readers take the lines before a blank line for headers and drop them */
		return fault_set(f, "a blank line in the block %s", b->label);
	return decode_line(d, l, f);
}

/* Reads the lines after BEGIN, up to END. The bytes never need more room than their characters. */
static int
read_block(struct pem *p, struct pem_block *b, struct fault *f)
{
	struct decoder d = { .out = malloc((size_t)(p->end - p->at) + 1) };
	int rc = 0;

	if (d.out == NULL)
		return fault_set(f, "out of memory");
	b->der = d.out;
	while (rc == 0 && p->at < p->end) {
		p->line++;
		rc = take_body(b, &d, take_line(p), f);
		b->len = d.n;
	}
	if (rc == 0) {
		p->line = b->line;
		rc = fault_set(f, "the block %s that begins here has no end; the file is cut off", b->label);
	}
	return rc;
}

int
pem_next(struct pem *p, struct pem_block *b, struct fault *f)
{
	int rc = 0;

	*b = (struct pem_block){ .line = 0 };
	while (rc == 0 && p->at < p->end) {
		struct span l = take_line(p);

		if (read_label(l, BEGIN, b->label) < 0) {
			rc = starts(l, BEGIN) ? fault_set(f, "a malformed boundary; it must be the whole line -----BEGIN LABEL-----") : judge_text(l, f);
		} else {
			b->line = p->line;
			rc = read_block(p, b, f);
		}
		p->line += rc >= 0;
	}
	if (rc < 0)
		pem_drop(b);
	return rc;
}

void
pem_drop(struct pem_block *b)
{
	if (b->der != NULL)
		explicit_bzero(b->der, b->len);
	free(b->der);
	*b = (struct pem_block){ .line = 0 };
}

bool
pem_is_der(const char *bytes, size_t n)
{
	const unsigned char *b = (const unsigned char *)bytes;

	if (n < 3 || b[0] != 0x30)
		return false;
	if (b[1] >= 0x80)
		return b[1] <= 0x84;
	return b[1] + 2u == n && b[2] == 0x02; /* so short that only a key fits; its version comes first */
}

bool
pem_suspect(const char *bytes, size_t n)
{
	return pem_is_der(bytes, n) || (n > 0 && memmem(bytes, n, DASHES "BEGIN", 10) != NULL);
}
