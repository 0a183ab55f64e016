/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider hands its own context to its algorithms, and those of the default provider need the context of the default
 * provider. So the functions of the slim provider, which are told nothing else, have no object of their own. They find
 * their lists by name: as the context of a second provider, which offers nothing, in OpenSSL's own table of providers.
 */
#include "tls/slim.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LISTS "sallyport-lists" /* the provider that has the lists */
#define SLIM "sallyport-slim"

struct lists {
	OSSL_LIB_CTX *context;           /* owned; apart from the process's own context, so that nothing else finds `whole` */
	OSSL_PROVIDER *whole;            /* owned; the default provider */
	OSSL_ALGORITHM *decoders, *keys; /* owned */
};

struct slim {
	OSSL_PROVIDER *lists, *slim; /* loaded */
};

/* --- The provider with the lists. */

static const OSSL_ALGORITHM *
slim_offer_nothing(void *lists, int operation, int *no_cache)
{
	(void)lists;
	(void)operation;
	*no_cache = 0;
	return NULL;
}

/* At the end of the process, when OpenSSL has freed all methods. */
static void
slim_free_lists(void *lists)
{
	struct lists *l = lists;

	if (l->whole != NULL)
		OSSL_PROVIDER_unload(l->whole);
	OSSL_LIB_CTX_free(l->context);
	free(l->decoders);
	free(l->keys);
	free(l);
}

static int
slim_begin_lists(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **out, void **context)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))slim_offer_nothing },
		{ OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))slim_free_lists },
		{ 0, NULL },
	};

	(void)handle;
	(void)core;
	*out = functions;
	*context = calloc(1, sizeof(struct lists));
	return *context != NULL;
}

static struct lists *
find_lists(void)
{
	OSSL_PROVIDER *p = OSSL_PROVIDER_try_load(NULL, LISTS, 1);
	struct lists *l = p != NULL ? OSSL_PROVIDER_get0_provider_ctx(p) : NULL;

	if (p != NULL)
		OSSL_PROVIDER_unload(p); /* slim_begin has it loaded too */
	return l;
}

/* --- The slim provider. */

static const OSSL_ALGORITHM *
slim_query(void *whole, int operation, int *no_cache)
{
	const struct lists *l = find_lists();

	(void)whole;
	*no_cache = 0;
	if (l == NULL)
		return NULL;
	if (operation == OSSL_OP_DECODER)
		return l->decoders;
	return operation == OSSL_OP_KEYMGMT ? l->keys : OSSL_PROVIDER_query_operation(l->whole, operation, no_cache);
}

static int
slim_capabilities(void *whole, const char *capability, OSSL_CALLBACK *say, void *arg)
{
	const struct lists *l = find_lists();

	(void)whole;
	return l != NULL && OSSL_PROVIDER_get_capabilities(l->whole, capability, say, arg);
}

static int
slim_begin_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **out, void **context)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))slim_query },
		{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))slim_capabilities },
		{ 0, NULL },
	};
	const struct lists *l = find_lists();

	(void)handle;
	(void)core;
	*out = functions;
	*context = l != NULL ? OSSL_PROVIDER_get0_provider_ctx(l->whole) : NULL;
	return *context != NULL;
}

/* --- The lists. */

/* Whether the first of the names of an algorithm, "RSA:rsaEncryption:1.2.840...", is in the list. */
static bool
is_listed(const char *names, const char *const *list)
{
	size_t n = strcspn(names, ":");

	while (*list != NULL && (strlen(*list) != n || strncmp(*list, names, n) != 0))
		list++;
	return *list != NULL;
}

/* Files of keys in formats of Microsoft. */
static bool
is_foreign(const char *properties)
{
	return strstr(properties, "input=msblob") != NULL || strstr(properties, "input=pvk") != NULL;
}

/* A copy of the listed algorithms, which the caller owns. NULL: no memory. */
static OSSL_ALGORITHM *
choose(const OSSL_ALGORITHM *all, const char *const *list)
{
	OSSL_ALGORITHM *chosen, *end;
	size_t n = 0;

	while (all != NULL && all[n].algorithm_names != NULL)
		n++;
	chosen = end = calloc(n + 1, sizeof *chosen);
	for (size_t i = 0; chosen != NULL && i < n; i++)
		if (is_listed(all[i].algorithm_names, list) && !is_foreign(all[i].property_definition))
			*end++ = all[i];
	return chosen;
}

/* The decoders DER open PEM and the frames of keys. Key types without decoders are of key exchange, MACs and KDFs. */
static int
fill_lists(struct lists *l)
{
	static const char *const decoders[] = { "RSA", "RSA-PSS", "EC", "ED25519", "ED448", "DER", NULL };
	static const char *const keys[] = { "RSA", "RSA-PSS", "EC", "ED25519", "ED448", "X25519", "X448", "DH", "HMAC", "HKDF", "TLS1-PRF",
		"SCRYPT", NULL };
	int no_cache;

	l->context = OSSL_LIB_CTX_new();
	l->whole = l->context != NULL ? OSSL_PROVIDER_load(l->context, "default") : NULL;
	if (l->whole == NULL)
		return -1;
	l->decoders = choose(OSSL_PROVIDER_query_operation(l->whole, OSSL_OP_DECODER, &no_cache), decoders);
	l->keys = choose(OSSL_PROVIDER_query_operation(l->whole, OSSL_OP_KEYMGMT, &no_cache), keys);
	return l->decoders != NULL && l->keys != NULL ? 0 : -1;
}

/* NULL: no memory. */
static OSSL_PROVIDER *
load(const char *name, OSSL_provider_init_fn *begin)
{
	return OSSL_PROVIDER_add_builtin(NULL, name, begin) == 1 ? OSSL_PROVIDER_load(NULL, name) : NULL;
}

static int
begin(struct slim *s, struct fault *f)
{
	s->lists = load(LISTS, slim_begin_lists);
	if (s->lists != NULL && fill_lists(OSSL_PROVIDER_get0_provider_ctx(s->lists)) == 0)
		s->slim = load(SLIM, slim_begin_provider);
	if (s->slim == NULL)
		return fault_set(f, "no memory for a provider of OpenSSL");
	if (OSSL_PROVIDER_available(NULL, "default") == 1 || OSSL_PROVIDER_available(NULL, "fips") == 1)
		return fault_set(f, "the configuration of OpenSSL on this machine (in the directory of openssl version -d) chooses providers itself");
	return 0;
}

struct slim *
slim_begin(struct fault *f)
{
	struct slim *s = calloc(1, sizeof *s);

	if (s == NULL)
		fault_set(f, "no memory for a provider of OpenSSL");
	if (s != NULL && begin(s, f) == 0)
		return s;
	slim_end(s);
	return NULL;
}

void
slim_end(struct slim *s)
{
	if (s != NULL && s->slim != NULL)
		OSSL_PROVIDER_unload(s->slim);
	if (s != NULL && s->lists != NULL)
		OSSL_PROVIDER_unload(s->lists);
	free(s);
}
