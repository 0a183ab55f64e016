/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_settings.h"

#include "base/file.h"
#include "tls/ring.h"
#include "tls/tls.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_MAX 512

struct store_settings {
	atomic_uint refs;
	struct store_address address;
	char text[VALUE_SIZE], user[VALUE_SIZE];
	char password[PASSWORD_MAX + 1]; /* "": none */
	struct tls_config *tls;          /* counted; NULL: plain */
	uint64_t ring;                   /* the checksum of its ring */
};

/* The first line of the file. */
static int
read_password(struct store_settings *s, const char *path, struct fault *f)
{
	struct file_rule rule = { .class = FILE_SECRET, .max = PASSWORD_MAX + 2 };
	struct file_content c;
	size_t n;

	if (file_read(path, &rule, &c, f) < 0)
		return fault_wrap(f, "store_password_file %s", path);
	n = strcspn(c.bytes, "\r\n");
	if (n > 0 && n <= PASSWORD_MAX)
		memcpy(s->password, c.bytes, n);
	file_free(&c);
	if (s->password[0] == '\0')
		return fault_set(f, "store_password_file %s: its first line must be the password, 1 to %d bytes", path, PASSWORD_MAX);
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
	snprintf(s->user, sizeof s->user, "%s", from->user);
	if (store_address_parse(&s->address, from->store, f) == 0 && (from->password_file[0] == '\0' || read_password(s, from->password_file, f) == 0)
		&& make_tls(s, from, f) == 0)
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
	explicit_bzero(s->password, sizeof s->password);
	free(s);
}

bool
store_settings_same(const struct store_settings *a, const struct store_settings *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->text, b->text) == 0 && strcmp(a->user, b->user) == 0 && strcmp(a->password, b->password) == 0 && a->ring == b->ring;
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

const char *
store_settings_user(const struct store_settings *s)
{
	return s->user;
}

const char *
store_settings_password(const struct store_settings *s)
{
	return s->password[0] != '\0' ? s->password : NULL;
}

struct tls_config *
store_settings_tls(const struct store_settings *s)
{
	return s->tls;
}
