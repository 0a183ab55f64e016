/* SPDX-License-Identifier: Apache-2.0 */
#include "client/about.h"

#include "metrics/exporter.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "records/record_sql.h"
#include "sandbox/sandbox.h"
#include "tls/tls.h"

#include <jansson.h>

const char *
about_version(void)
{
	return SALLYPORT_VERSION;
}

const char *
about_commit(void)
{
	return SALLYPORT_COMMIT;
}

int
about_print(FILE *out)
{
	char libev[LOOP_LIBRARY_SIZE];

	loop_library(libev);
	fprintf(out, "sallyport " SALLYPORT_VERSION "\ncommit " SALLYPORT_COMMIT "\n");
	fprintf(out, "Lua %s, OpenSSL %s, libev %s, Jansson %s, libcurl %s, SQLite %s, libmicrohttpd %s\n", sandbox_library(), tls_library(), libev,
		jansson_version_str(), http_client_library(), record_sql_library(), exporter_library());
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}
