/* SPDX-License-Identifier: Apache-2.0 */
#include "client/about.h"

#include "net/http_client.h"
#include "net/loop.h"
#include "records/record_sql.h"
#include "sandbox/sandbox.h"
#include "tls/tls.h"

#include <jansson.h>

int
about_print(FILE *out)
{
	char libev[LOOP_LIBRARY_SIZE];

	loop_library(libev);
	fprintf(out, "sallyport " SALLYPORT_VERSION "\ncommit " SALLYPORT_COMMIT "\n");
	fprintf(out, "Lua %s, OpenSSL %s, libev %s, Jansson %s, libcurl %s, SQLite %s\n", sandbox_library(), tls_library(), libev,
		jansson_version_str(), http_client_library(), record_sql_library());
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}
