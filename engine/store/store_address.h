/* SPDX-License-Identifier: Apache-2.0 */
/* store_address: the place of the shared store as a definition names it: `store` of a region. */
#ifndef SALLYPORT_STORE_ADDRESS_H
#define SALLYPORT_STORE_ADDRESS_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/name.h"

#define STORE_HOSTS 8
#define STORE_PATH 108 /* of a Unix socket, with its NUL (sockaddr_un) */
#define STORE_DATABASES 65535
#define STORE_FORM \
	"\"redis://HOST:PORT[,HOST:PORT...][/DB]\", \"rediss://...\" (TLS), \"unix:/PATH\" or \"sentinel://HOST:PORT[,...]/NAME[/DB]\""

enum store_scheme { STORE_PLAIN, STORE_TLS, STORE_UNIX, STORE_SENTINEL };

struct store_host {
	char name[HOST_SIZE]; /* or an address in numbers */
	int port;
};

struct store_address {
	enum store_scheme scheme;
	struct store_host host[STORE_HOSTS];
	unsigned n;            /* hosts; 0: of STORE_UNIX */
	char path[STORE_PATH]; /* of STORE_UNIX */
	char master[64];       /* of STORE_SENTINEL: the name of the servers that the sentinels watch */
	int db;
};

/* Reads the text. -1 with a sentence. */
int store_address_parse(struct store_address *a, const char *text, struct fault *f);
/*
 * The first host that is no address of this machine's loopback, when the store is reached without TLS; NULL: none. A
 * name other than localhost counts as another machine.
 */
const char *store_address_exposed(const struct store_address *a, bool tls);

#endif
