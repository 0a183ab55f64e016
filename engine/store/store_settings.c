/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_settings.h"

#include "base/file.h"
#include "tls/ring.h"
#include "tls/tls.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store_settings {
	atomic_uint refs;
	struct store_address address;
	char text[VALUE_SIZE];
	struct store_login login, sentinel;
	struct tls_config *tls;          /* counted; NULL: plain */
	uint64_t ring;                   /* the checksum of its ring */
};

/* Takes the first line of the file as the password; path "": no password. */
static int
read_login(struct store_login *l, const char *user, const char *attribute, const char *path, struct fault *f)
{
	struct file_rule rule = { .class = FILE_SECRET, .max = STORE_PASSWORD_MAX + 2 };
	struct file_content c;
	size_t n;

	snprintf(l->user, sizeof l->user, "%s", user);
	if (path[0] == '\0')
		return 0;
	if (file_read(path, &rule, &c, f) < 0)
		return fault_wrap(f, "%s %s", attribute, path);
	n = strcspn(c.bytes, "\r\n");
	if (n > 0 && n <= STORE_PASSWORD_MAX)
		memcpy(l->password, c.bytes, n);
	file_free(&c);
	if (l->password[0] == '\0')
		return fault_set(f, "%s %s: its first line must be the password, 1 to %d bytes", attribute, path, STORE_PASSWORD_MAX);
	return 0;
}

static int
make_tls(struct store_settings *s, const struct store_source *from, struct fault *f)
{
	struct tls_options o = { .ring = from->ring, .label = "", .optional_own = true };

	if (s->address.scheme == STORE_TLS && from->ring == NULL)
		return fault_set(f, "store: rediss needs a ring that verifies the server: store_ring = \"...\", or ring");
	if (s->address.scheme != STORE_TLS && s->address.scheme != STORE_SENTINEL)
		return 0;
	if (from->ring == NULL)
		return 0;
	s->ring = ring_sum(from->ring);
	s->tls = tls_config_new(WAY_OUT, &o, f);
	return s->tls != NULL ? 0 : fault_wrap(f, "store_ring");
}

struct store_settings *
store_settings_new(const struct store_source *from, struct fault *f)
{
	struct store_settings *s = calloc(1, sizeof *s);

	if (s == NULL) {
		fault_set(f, "store: no memory");
		return NULL;
	}
	atomic_init(&s->refs, 1);
	snprintf(s->text, sizeof s->text, "%s", from->store);
	if (store_address_parse(&s->address, from->store, f) == 0 && read_login(&s->login, from->user, "store_password_file", from->password_file, f) == 0 &&
		read_login(&s->sentinel, from->sentinel_user, "store_sentinel_password_file", from->sentinel_password_file, f) == 0 && make_tls(s, from, f) == 0)
		return s;
	store_settings_unref(s);
	return NULL;
}

struct store_settings *
store_settings_ref(struct store_settings *s)
{
	if (s != NULL)
		atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
store_settings_unref(struct store_settings *s)
{
	if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	tls_config_unref(s->tls);
	explicit_bzero(&s->login, sizeof s->login);
	explicit_bzero(&s->sentinel, sizeof s->sentinel);
	free(s);
}

static bool
is_same_login(const struct store_login *a, const struct store_login *b)
{
	return strcmp(a->user, b->user) == 0 && strcmp(a->password, b->password) == 0;
}

bool
store_settings_same(const struct store_settings *a, const struct store_settings *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->text, b->text) == 0 && is_same_login(&a->login, &b->login) && is_same_login(&a->sentinel, &b->sentinel) && a->ring == b->ring;
}

const struct store_address *
store_settings_address(const struct store_settings *s)
{
	return &s->address;
}

const char *
store_settings_text(const struct store_settings *s)
{
	return s->text;
}

const struct store_login *
store_settings_login(const struct store_settings *s)
{
	return &s->login;
}

const struct store_login *
store_settings_sentinel_login(const struct store_settings *s)
{
	return &s->sentinel;
}

struct tls_config *
store_settings_tls(const struct store_settings *s)
{
	return s->tls;
}
