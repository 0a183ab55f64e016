/* SPDX-License-Identifier: Apache-2.0 */
/* http_url: the URLs that the engine may ask: http or https, a host, no user, password or fragment. Any thread. */
#ifndef SALLYPORT_HTTP_URL_H
#define SALLYPORT_HTTP_URL_H

#include "base/fault.h"

#include <stddef.h>

#define HTTP_URL_HOST 256 /* bytes of a host with its zero byte */

/* Writes the host, an IPv6 address in brackets, and the port, which may be the scheme's. -1 with a sentence. */
int http_url_read(const char *url, char host[HTTP_URL_HOST], int *port, struct fault *f);
/* Checks the URL, and writes its "HOST:PORT" into out, which may be NULL. -1 with a sentence. */
int http_url_check(const char *url, char *out, size_t size, struct fault *f);

#endif
