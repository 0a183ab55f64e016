/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_url.h"

#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
http_url_read(const char *url, char host[HTTP_URL_HOST], int *port, struct fault *f)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *name = NULL, *number = NULL, *fragment = NULL, *user = NULL;
	int ok = -1;
	CURLUcode rc = u != NULL ? curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) : CURLUE_OUT_OF_MEMORY;

	if (rc != CURLUE_OK)
		fault_set(f, "%s", curl_url_strerror(rc));
	else if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		fault_set(f, "the URL must begin with http:// or https://");
	else if (curl_url_get(u, CURLUPART_HOST, &name, 0) != CURLUE_OK || strlen(name) >= HTTP_URL_HOST)
		fault_set(f, "the URL has no host");
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		fault_set(f, "the URL has a user");
	else if (curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_OK)
		fault_set(f, "the URL has a fragment (#), which is never sent");
	else if (curl_url_get(u, CURLUPART_PORT, &number, CURLU_DEFAULT_PORT) != CURLUE_OK)
		fault_set(f, "the URL has no port");
	else {
		snprintf(host, HTTP_URL_HOST, "%s", name);
		*port = atoi(number);
		ok = 0;
	}
	curl_free(scheme);
	curl_free(name);
	curl_free(number);
	curl_free(fragment);
	curl_free(user);
	curl_url_cleanup(u);
	return ok;
}

int
http_url_check(const char *url, char *out, size_t size, struct fault *f)
{
	char host[HTTP_URL_HOST];
	int port;

	if (http_url_read(url, host, &port, f) < 0)
		return -1;
	if (out != NULL)
		snprintf(out, size, "%s:%d", host, port);
	return 0;
}
