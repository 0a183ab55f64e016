/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

struct terminal
terminal_of(FILE *to)
{
	struct terminal t = { .columns = 0 };
	struct winsize size = { .ws_col = 0 };
	const char *term = getenv("TERM");

	if (!isatty(fileno(to)))
		return t;
	if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0)
		t.columns = size.ws_col;
	t.colour = !is_set("NO_COLOR") && term != NULL && strcmp(term, "dumb") != 0;
	return t;
}
