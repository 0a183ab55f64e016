/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "config/definition_build.h"

void
definition_files_add(struct definition_files *files, const char *path)
{
	char(*list)[PATH_SIZE] = realloc(files->path, (files->n + 1) * sizeof *list);

	if (list == NULL)
		return;
	files->path = list;
	snprintf(list[files->n++], sizeof *list, "%s", path);
}

void
definition_files_free(struct definition_files *files)
{
	free(files->path);
	*files = (struct definition_files){ .n = 0 };
}

static int
definition_reader_file(void *arg, const struct definition_include *one, struct file_content *out, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = DEFINITION_BYTES_MAX,
		.advice = "a definition has at most 16 MiB with its included files" };
	char place[2 * PATH_SIZE];

	(void)arg;
	if (file_read(one->path, &rule, out, f) == 0)
		return 0;
	return fault_wrap(f, "%s", path_absolute(place, sizeof place, one->path));
}

static const char *
definition_reader_env(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

const struct definition_reader definition_reader_disk = { .file = definition_reader_file, .env = definition_reader_env };
