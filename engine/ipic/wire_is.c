/* SPDX-License-Identifier: Apache-2.0 */
/* wire_is: the IS header and the content type. */
#include "ipic/wire_is.h"

#include <string.h>
#include <strings.h>

#include "base/digits.h"

#define IS_KEYS_MAX 16

struct word {
	const char *p;
	size_t len;
};

static bool
same(struct word a, struct word b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static bool
word_is(struct word w, const char *text)
{
	return same(w, (struct word){ text, strlen(text) });
}

static size_t
blanks(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && (p[n] == ' ' || p[n] == '\t'))
		n++;
	return n;
}

static bool
in_word(unsigned char c)
{
	return c > ' ' && c <= '~' && c != ';' && c != '=';
}

/* Takes the longest run of printable characters without separators; the run may be empty. */
static struct word
take_word(const char **p, const char *end)
{
	const char *begin = *p, *at = begin;

	while (at < end && in_word((unsigned char)*at))
		at++;
	*p = at;
	return (struct word){ begin, (size_t)(at - begin) };
}

static int
take_type(struct is_header *h, const char **p, const char *end, struct fault *f)
{
	static const char *const types[] = { [IS_CMD] = "cmd", [IS_DATA] = "data", [IS_EXPD] = "expd" };
	size_t gap;
	struct word w = take_word(p, end);

	if (!word_is(w, "1"))
		return fault_set(f, "IS: the version is not 1");
	gap = blanks(*p, end);
	*p += gap;
	w = take_word(p, end);
	for (size_t i = 0; gap > 0 && i < sizeof types / sizeof types[0]; i++) {
		if (word_is(w, types[i])) {
			h->type = (enum is_type)i;
			return 0;
		}
	}
	return fault_set(f, "IS: the type is not cmd, data or expd");
}

/* Takes one "; key=value" with the blanks between them. *p is at no blank and not at the end. */
static int
take_pair(struct word *key, struct word *value, const char **p, const char *end, struct fault *f)
{
	if (**p != ';')
		return fault_set(f, "IS: ';' expected");
	*p += 1;
	*p += blanks(*p, end);
	*key = take_word(p, end);
	if (key->len == 0 || *p == end || **p != '=')
		return fault_set(f, "IS: key=value expected behind ';'");
	*p += 1;
	*value = take_word(p, end);
	return value->len > 0 ? 0 : fault_set(f, "IS: a key without a value");
}

/* ---- the keys: who may have each, and what its value is ---- */

static const char *const commands[] = {
	[IS_NONE] = "", [IS_CAPEX] = "capex", [IS_HEARTBEAT] = "heartbeat", [IS_RELEASE] = "release", [IS_RESYNC] = "resync", [IS_PURGE] = "purge",
	[IS_FORCEPURGE] = "forcepurge", [IS_CANCEL] = "cancel", [IS_FORCECANCEL] = "forcecancel", [IS_KILL] = "kill", [IS_UNKNOWN] = "",
};

const char *
wire_command(enum is_name name)
{
	return commands[name];
}

static int
take_name(struct is_header *h, struct word w)
{
	bool expedited = h->type == IS_EXPD;

	h->name = IS_UNKNOWN;
	for (int i = expedited ? IS_PURGE : IS_CAPEX; i <= (expedited ? IS_KILL : IS_RESYNC); i++)
		if (word_is(w, commands[i]))
			h->name = (enum is_name)i;
	return 0;
}

/* Decimal, 1 to width digits; -1 for anything else. */
static long
decimal(struct word w, size_t width)
{
	long n = 0;

	if (w.len == 0 || w.len > width)
		return -1;
	for (size_t i = 0; i < w.len; i++) {
		if (w.p[i] < '0' || w.p[i] > '9')
			return -1;
		n = n * 10 + (w.p[i] - '0');
	}
	return n;
}

/* One to six digits, the first of them no 0. */
static int
take_count(int *out, struct word w, long max)
{
	long n = w.p[0] != '0' ? decimal(w, 6) : -1;

	*out = (int)n;
	return n >= 1 && n <= max ? 0 : -1;
}

static int
take_hex(uint32_t *out, struct word w)
{
	*out = 0;
	for (size_t i = 0; i < w.len; i++) {
		char c = w.p[i];

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint32_t)(c - '0');
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			*out = *out << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return w.len == 8 && *out != 0 ? 0 : -1;
}

static int
take_either(bool *out, struct word w, const char *yes, const char *no)
{
	*out = word_is(w, yes);
	return *out || word_is(w, no) ? 0 : -1;
}

static int take_conv(struct is_header *h, struct word w) { return take_hex(&h->conv, w); }
static int take_prev(struct is_header *h, struct word w) { return take_hex(&h->prev, w); }
static int take_is7(struct is_header *h, struct word w) { return take_hex(&h->is7, w); }
static int take_msg(struct is_header *h, struct word w) { return take_count(&h->msg, w, IS_MESSAGE_MAX); }
static int take_chain(struct is_header *h, struct word w) { return take_count(&h->chain, w, IS_CHAIN_MAX); }
static int take_last(struct is_header *h, struct word w) { return take_either(&h->last, w, "yes", "no"); }
static int take_pacing(struct is_header *h, struct word w) { return take_either(&h->pacing, w, "yes", "no"); }

static int
take_state(struct is_header *h, struct word w)
{
	return take_either(&h->open, w, "open", "end") < 0 || (h->open && h->type == IS_EXPD) ? -1 : 0;
}

static int
take_head(struct is_header *h, struct word w)
{
	int n, r = take_count(&n, w, IS_HEAD_MAX);

	h->head = r == 0 ? (size_t)n : 0;
	return r;
}

static int
take_ccsid(struct is_header *h, struct word w)
{
	long n = decimal(w, 5);

	h->ccsid = (int)n;
	return n >= 1 && n <= 65535 ? 0 : -1;
}

#define WORD(literal) { literal, sizeof literal - 1 }

enum { CMD = 1 << IS_CMD, DATA = 1 << IS_DATA, EXPD = 1 << IS_EXPD };

static const struct key {
	struct word name;
	unsigned of, needed, paced; /* sets of types: that know the key, that need it, that need it in a pacing message too */
	int (*take)(struct is_header *h, struct word w);
	const char *form;
} keys[] = {
	{ WORD("name"), CMD | EXPD, EXPD, 0, take_name, "" },
	{ WORD("conv"), DATA | EXPD, DATA | EXPD, DATA, take_conv, "8 hex digits, not all 0" },
	{ WORD("prev"), DATA, 0, 0, take_prev, "8 hex digits, not all 0" },
	{ WORD("msg"), DATA, DATA, DATA, take_msg, "1 to 999999" },
	{ WORD("chain"), DATA, DATA, DATA, take_chain, "1 to 999999" },
	{ WORD("last"), DATA, DATA, 0, take_last, "yes or no" },
	{ WORD("state"), DATA | EXPD, DATA | EXPD, 0, take_state, "open or end (expd: end)" },
	{ WORD("head"), DATA, 0, 0, take_head, "1 to 4096" },
	{ WORD("ccsid"), DATA, 0, 0, take_ccsid, "1 to 65535" },
	{ WORD("pacing"), DATA, 0, 0, take_pacing, "yes or no" },
	{ WORD("is7"), DATA, 0, 0, take_is7, "8 hex digits, not all 0" },
};

#define KEYS (sizeof keys / sizeof keys[0])

/* The key of that name which the type has; KEYS: none. from: the first to look at: partners write the keys in order. */
static size_t
find_key(enum is_type type, struct word name, size_t from)
{
	for (size_t n = 0, i = from; n < KEYS; n++, i++) {
		if (i == KEYS)
			i = 0;
		if ((keys[i].of & 1u << type) != 0 && same(name, keys[i].name))
			return i;
	}
	return KEYS;
}

struct seen { /* the keys that were present */
	unsigned known; /* a set of indices of keys[] */
	size_t next;    /* the index behind that of the last known one; at most KEYS */
	struct word other[IS_KEYS_MAX];
	size_t n;
};

/* Notes the key. False: it was present before. */
static bool
see(struct seen *s, size_t key, struct word name)
{
	bool twice = false;

	if (key < KEYS) {
		twice = (s->known >> key & 1) != 0;
		s->known |= 1u << key;
		s->next = key + 1;
		return !twice;
	}
	for (size_t i = 0; i < s->n; i++)
		twice = twice || same(s->other[i], name);
	s->other[s->n++] = name;
	return !twice;
}

static int
take_key(struct is_header *h, struct seen *s, struct word name, struct word value, struct fault *f)
{
	size_t key = find_key(h->type, name, s->next);

	if (!see(s, key, name))
		return fault_set(f, "IS: a key stands twice");
	if (key == KEYS || keys[key].take(h, value) == 0)
		return 0;
	return fault_set(f, "IS: %s is not %s", keys[key].name.p, keys[key].form);
}

static int
check_keys(const struct is_header *h, unsigned had, struct fault *f)
{
	for (size_t i = 0; i < KEYS; i++) {
		unsigned needed = h->pacing ? keys[i].paced : keys[i].needed;

		if ((needed & 1u << h->type) != 0 && (had & 1u << i) == 0)
			return fault_set(f, "IS: %s is missing", keys[i].name.p);
	}
	return 0;
}

int
wire_is(struct is_header *h, const char *value, size_t len, struct fault *f)
{
	const char *p = value, *end = value + len;
	struct word name = { "", 0 }, value_of = { "", 0 };
	struct seen seen;

	memset(h, 0, sizeof *h);
	seen.known = 0;
	seen.next = 0;
	seen.n = 0;
	if (len == 0)
		return fault_set(f, "no IS header");
	if (take_type(h, &p, end, f) < 0)
		return -1;
	for (size_t n = 0; (p += blanks(p, end)) < end; n++) {
		if (n == IS_KEYS_MAX)
			return fault_set(f, "IS: more than %d keys", IS_KEYS_MAX);
		if (take_pair(&name, &value_of, &p, end, f) < 0 || take_key(h, &seen, name, value_of, f) < 0)
			return -1;
	}
	return check_keys(h, seen.known, f);
}

/* ---- writing ---- */

struct writing {
	char *out;
	size_t size, at; /* at >= size: the text did not fit */
};

static void
put_bytes(struct writing *w, const char *bytes, size_t len)
{
	if (w->at < w->size && len < w->size - w->at)
		memcpy(w->out + w->at, bytes, len + 1); /* the NUL of a literal, or of `digits` below */
	w->at += len;
}

static void
put(struct writing *w, const char *text)
{
	put_bytes(w, text, strlen(text));
}

static void
put_decimal(struct writing *w, const char *key, uint64_t n)
{
	char digits[DIGITS_MAX + 1];
	size_t len = digits_decimal(digits, n);

	digits[len] = '\0';
	put(w, key);
	put_bytes(w, digits, len);
}

/* Eight digits. */
static void
put_hex(struct writing *w, const char *key, uint32_t n, const char *digit)
{
	char digits[9] = "";

	digits_hex(digits, n, 8, digit);
	put(w, key);
	put_bytes(w, digits, 8);
}

static void
put_ccsid(struct writing *w, int ccsid)
{
	put_decimal(w, ccsid < 10 ? "; ccsid=00" : ccsid < 100 ? "; ccsid=0" : "; ccsid=", (uint64_t)ccsid);
}

static void
put_data(struct writing *w, const struct is_header *h)
{
	if (h->prev != 0)
		put_hex(w, "; prev=", h->prev, DIGITS_LOWER);
	put_decimal(w, "; msg=", (uint64_t)h->msg);
	put_decimal(w, "; chain=", (uint64_t)h->chain);
	if (h->pacing) {
		put(w, "; pacing=yes");
		return;
	}
	put(w, h->last ? "; last=yes" : "; last=no");
	put(w, h->open ? "; state=open" : "; state=end");
	if (h->head > 0)
		put_decimal(w, "; head=", h->head);
	if (h->ccsid > 0)
		put_ccsid(w, h->ccsid);
	if (h->is7 != 0)
		put_hex(w, "; is7=", h->is7, DIGITS_UPPER);
}

int
wire_put_is(char *out, size_t size, const struct is_header *h)
{
	struct writing w = { out, size, 0 };

	if (h->type == IS_CMD) {
		put(&w, "1 cmd; name=");
		put(&w, commands[h->name]);
	} else if (h->type == IS_EXPD) {
		put_hex(&w, "1 expd; conv=", h->conv, DIGITS_LOWER);
		put(&w, "; state=end; name=");
		put(&w, commands[h->name]);
	} else {
		put_hex(&w, "1 data; conv=", h->conv, DIGITS_LOWER);
		put_data(&w, h);
	}
	return w.at < size ? (int)w.at : -1;
}

bool
wire_is_json(const char *value, size_t len)
{
	size_t n = strlen(WIRE_JSON);

	if (len < n || strncasecmp(value, WIRE_JSON, n) != 0)
		return false;
	n += blanks(value + n, value + len);
	return n == len || value[n] == ';';
}
