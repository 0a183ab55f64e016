/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_address.h"

#include "base/addr.h"

#include <stdlib.h>
#include <string.h>

static int
fault_form(struct fault *f, const char *why)
{
	return fault_set(f, "%s; a store is " STORE_FORM, why);
}

/* Reads one "HOST:PORT" of n bytes. */
static int
parse_host(struct store_address *a, const char *text, size_t n, struct fault *f)
{
	struct store_host *h = &a->host[a->n];
	char word[HOST_SIZE + 8];

	if (a->n == STORE_HOSTS)
		return fault_set(f, "more than %d hosts", STORE_HOSTS);
	if (n >= sizeof word)
		return fault_form(f, "a host is too long");
	memcpy(word, text, n);
	word[n] = '\0';
	if (addr_split(word, h->name, sizeof h->name, &h->port, f) < 0)
		return -1;
	if (h->port == 0 || h->name[0] == '\0' || strpbrk(word, " @\\\"'") != NULL)
		return fault_form(f, "a host is no HOST:PORT; a user and a password have attributes of their own");
	a->n++;
	return 0;
}

/* Reads the hosts up to the first slash. Returns the rest; NULL with a sentence. */
static const char *
parse_hosts(struct store_address *a, const char *text, struct fault *f)
{
	for (;;) {
		size_t n = strcspn(text, ",/");

		if (parse_host(a, text, n, f) < 0)
			return NULL;
		text += n;
		if (*text != ',')
			return text;
		text++;
	}
}

/* Reads "", "/" or "/DB". */
static int
parse_database(struct store_address *a, const char *text, struct fault *f)
{
	size_t digits;

	if (text[0] == '\0' || strcmp(text, "/") == 0)
		return 0;
	digits = strspn(text + 1, "0123456789");
	if (digits == 0 || digits > 5 || text[1 + digits] != '\0' || atoi(text + 1) > STORE_DATABASES)
		return fault_form(f, "the database is no number");
	a->db = atoi(text + 1);
	return 0;
}

/* Reads "/NAME" or "/NAME/DB". */
static int
parse_master(struct store_address *a, const char *text, struct fault *f)
{
	size_t n = text[0] == '/' ? strcspn(text + 1, "/") : 0;

	if (n == 0 || n >= sizeof a->master || strspn(text + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") < n)
		return fault_form(f, "the name of the servers that the sentinels watch is missing, or has other characters than A-Z a-z 0-9 . _ -");
	memcpy(a->master, text + 1, n);
	a->master[n] = '\0';
	return parse_database(a, text + 1 + n, f);
}

static int
parse_path(struct store_address *a, const char *text, struct fault *f)
{
	a->scheme = STORE_UNIX;
	if (text[0] != '/' || strlen(text) >= sizeof a->path)
		return fault_form(f, "the path of a socket begins with a slash and has at most 107 bytes");
	memcpy(a->path, text, strlen(text) + 1);
	return 0;
}

int
store_address_parse(struct store_address *a, const char *text, struct fault *f)
{
	static const struct {
		const char *text;
		enum store_scheme scheme;
	} schemes[] = { { "redis://", STORE_PLAIN }, { "rediss://", STORE_TLS }, { "sentinel://", STORE_SENTINEL } };
	const char *rest;

	*a = (struct store_address){ .db = 0 };
	if (strncmp(text, "unix:", 5) == 0)
		return parse_path(a, text + 5, f);
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t n = strlen(schemes[i].text);

		if (strncmp(text, schemes[i].text, n) != 0)
			continue;
		a->scheme = schemes[i].scheme;
		rest = parse_hosts(a, text + n, f);
		if (rest == NULL)
			return -1;
		return a->scheme == STORE_SENTINEL ? parse_master(a, rest, f) : parse_database(a, rest, f);
	}
	return fault_form(f, "no such scheme");
}

const char *
store_address_exposed(const struct store_address *a, bool tls)
{
	for (unsigned i = 0; i < a->n && !tls; i++)
		if (!addr_host_is_loopback(a->host[i].name))
			return a->host[i].name;
	return NULL;
}
