/* SPDX-License-Identifier: Apache-2.0 */
/* scratch: a directory of a unit test, in $TMPDIR or /tmp. Include <cmocka.h> before. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SCRATCH_SIZE 100 /* of the path of a directory */

/* Makes the directory; `out` has SCRATCH_SIZE bytes and gets its path. name: of the test, for its name. */
static inline void
scratch_open(char *out, const char *name)
{
	const char *above = getenv("TMPDIR");

	snprintf(out, SCRATCH_SIZE, "%s/sallyport-%s-XXXXXX", above != NULL ? above : "/tmp", name);
	assert_non_null(mkdtemp(out));
}

static inline int
scratch_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

/* Removes the directory and all that it holds. */
static inline void
scratch_close(const char *dir)
{
	nftw(dir, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes the file `name` below dir, with the directories above it. */
static inline void
scratch_write(const char *dir, const char *name, const char *text)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	for (char *at = path + strlen(dir) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#endif
