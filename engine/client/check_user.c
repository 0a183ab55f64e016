/* SPDX-License-Identifier: Apache-2.0 */
#include "client/check_user.h"

#include "base/osuser.h"
#include "config/definition_place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
check_user_become(const char *name, struct faults *faults)
{
	struct osuser user;
	struct fault f;
	int rc = osuser_find(name, &user, &f);

	if (rc == 0 && !osuser_is(&user))
		rc = geteuid() == 0 ? osuser_become(&user, false, &f)
				    : fault_set(&f, "this process has uid %u and cannot become %s; run check as root", (unsigned)geteuid(), name);
	if (rc < 0)
		faults_add(faults, FAULT_ERROR, "user", NULL, 0, "--as: %s", f.text);
	return rc;
}

/* The directory of a path. */
static void
directory_of(const char *path, char out[PATH_MAX])
{
	char *slash;

	snprintf(out, PATH_MAX, "%s", path);
	slash = strrchr(out, '/');
	if (slash == NULL)
		strcpy(out, ".");
	else
		slash[slash == out ? 1 : 0] = '\0';
}

static void
complain(const struct definition *d, enum fault_level level, const char *attribute, const char *place, int error, struct faults *faults)
{
	definition_fault(d, faults, level, "user_writes", d->region.line, "region: %s: %s cannot be written by uid %u: %s", attribute, place, (unsigned)geteuid(),
		strerrordesc_np(error));
}

/* Judges the directory in which a file is made, and that of the directory when it is not there: a start makes one. */
static void
judge_directory(const struct definition *d, const char *attribute, const char *path, struct faults *faults)
{
	char dir[PATH_MAX], above[PATH_MAX];

	directory_of(path, dir);
	directory_of(dir, above);
	if (access(dir, W_OK | X_OK) < 0 && errno != ENOENT)
		complain(d, FAULT_ERROR, attribute, dir, errno, faults);
	else if (access(dir, F_OK) < 0 && access(above, W_OK | X_OK) < 0)
		complain(d, FAULT_WARNING, attribute, above, errno, faults);
}

static void
judge_file(const struct definition *d, const char *attribute, const char *path, struct faults *faults)
{
	if (*path == '\0')
		return;
	if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) < 0)
		complain(d, FAULT_ERROR, attribute, path, errno, faults);
	judge_directory(d, attribute, path, faults);
}

/* The directory of a socket must belong to the user. */
static void
judge_socket(const struct definition *d, const char *attribute, const char *path, struct faults *faults)
{
	char dir[PATH_MAX];
	struct stat st;

	directory_of(path, dir);
	if (stat(dir, &st) == 0 && st.st_uid != geteuid())
		definition_fault(d, faults, FAULT_ERROR, "user_writes", d->region.line, "region: %s: the directory %s belongs to uid %u, not to uid %u; "
			"chown it, or choose another directory", attribute, dir, (unsigned)st.st_uid, (unsigned)geteuid());
	else
		judge_directory(d, attribute, path, faults);
}

void
check_user_places(const struct definition *d, struct faults *faults)
{
	judge_file(d, "record", d->region.record, faults);
	judge_file(d, "recovery", d->region.recovery, faults);
	judge_file(d, "versions", d->region.versions, faults);
	judge_file(d, "follow_file", d->region.follow_file, faults);
	judge_socket(d, "control", d->region.control, faults);
	if (strchr(d->region.metrics, '/') != NULL)
		judge_socket(d, "metrics", d->region.metrics, faults);
}
