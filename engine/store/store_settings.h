/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_settings: everything that is needed to reach a store: its address, the user, the password of its file, the
 * settings of TLS. Immutable, and counted: a generation makes them, the stores of the workers use them.
 */
#ifndef SALLYPORT_STORE_SETTINGS_H
#define SALLYPORT_STORE_SETTINGS_H

#include "store/store_address.h"

#define STORE_PASSWORD_MAX 512

struct ring;
struct store_settings;
struct tls_config;

struct store_source { /* the attributes of a region; borrowed during the call */
	const char *store, *user; /* user "": the default user */
	const char *password_file; /* "": no password */
	const char *sentinel_user, *sentinel_password_file; /* the same, of the sentinels */
	struct ring *ring;        /* of rediss, and of sentinels with TLS; NULL: none */
};

/* Reads the password file. A reference; NULL with a sentence that names the attribute. Any thread. */
struct store_settings *store_settings_new(const struct store_source *from, struct fault *f);
/* Any thread. NULL is fine for both. */
struct store_settings *store_settings_ref(struct store_settings *s);
void store_settings_unref(struct store_settings *s);
/* Whether a connection by one is a connection by the other. Each may be NULL. */
bool store_settings_same(const struct store_settings *a, const struct store_settings *b);

const struct store_address *store_settings_address(const struct store_settings *s);
/* The text of the address, which has no password. */
const char *store_settings_text(const struct store_settings *s);
struct store_login {
	char user[VALUE_SIZE];                 /* "": the default user */
	char password[STORE_PASSWORD_MAX + 1]; /* "": none */
};

/* Of the store, and of its sentinels. Borrowed. */
const struct store_login *store_settings_login(const struct store_settings *s);
const struct store_login *store_settings_sentinel_login(const struct store_settings *s);
/* NULL: plain connections. */
struct tls_config *store_settings_tls(const struct store_settings *s);

#endif
