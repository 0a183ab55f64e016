/* SPDX-License-Identifier: Apache-2.0 */
#include "base/osuser.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RECORD_MAX (1024 * 1024) /* bytes of one entry of the users */

bool
osuser_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < OSUSER_NAME && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == len &&
	       strspn(name, "0123456789-") == 0;
}

/* Looks the name up. 0 and *found, which is NULL when the name is unknown; or an error. The caller frees *memory. */
static int
look_up(const char *name, struct passwd *entry, char **memory, struct passwd **found)
{
	int error = ERANGE;

	*memory = NULL;
	for (size_t size = 1024; error == ERANGE && size <= RECORD_MAX; size *= 4) {
		char *grown = realloc(*memory, size);

		if (grown == NULL)
			return ENOMEM;
		*memory = grown;
		error = getpwnam_r(name, entry, grown, size, found);
	}
	return error;
}

int
osuser_find(const char *name, struct osuser *out, struct fault *f)
{
	struct passwd entry, *found = NULL;
	char *memory;
	int error = look_up(name, &entry, &memory, &found);

	if (found != NULL) {
		*out = (struct osuser){ .uid = entry.pw_uid, .gid = entry.pw_gid };
		snprintf(out->name, sizeof out->name, "%s", name);
	}
	free(memory);
	if (found == NULL && (error == 0 || error == ENOENT || error == ESRCH))
		return fault_set(f, "this machine has no user %s; make it, or name another one", name);
	if (found == NULL)
		return fault_set(f, "user %s: %s", name, strerrordesc_np(error));
	return out->uid != 0 ? 0 : fault_set(f, "user %s has the rights of root; name a user without them", name);
}

bool
osuser_is(const struct osuser *a)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 && real == a->uid && effective == a->uid && saved == a->uid;
}

static bool
has_group(const struct osuser *a)
{
	gid_t real, effective, saved;

	return getresgid(&real, &effective, &saved) == 0 && real == a->gid && effective == a->gid && saved == a->gid;
}

/* Sets the capabilities of the calling thread: none, or the one for ports. */
static int
set_capabilities(bool bind)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { .effective = 0 } };

	if (bind)
		data[0].effective = data[0].permitted = UINT32_C(1) << CAP_NET_BIND_SERVICE;
	return (int)syscall(SYS_capset, &head, data);
}

/* True when the thread has no capability, or only the one for ports. */
static bool
has_capabilities(bool bind)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { .effective = 0 } };
	uint32_t want = bind ? UINT32_C(1) << CAP_NET_BIND_SERVICE : 0;

	return syscall(SYS_capget, &head, data) == 0 && data[0].effective == want && data[0].permitted == want && data[0].inheritable == 0 &&
	       data[1].effective == 0 && data[1].permitted == 0 && data[1].inheritable == 0;
}

/* Groups first: the user cannot change them. */
static int
change(const struct osuser *a, bool keep_bind, struct fault *f)
{
	if (initgroups(a->name, a->gid) < 0 || setresgid(a->gid, a->gid, a->gid) < 0)
		return fault_set(f, "user %s: the groups cannot be set: %s", a->name, strerrordesc_np(errno));
	if (prctl(PR_SET_KEEPCAPS, keep_bind ? 1 : 0) < 0 || setresuid(a->uid, a->uid, a->uid) < 0)
		return fault_set(f, "user %s: the process cannot become it: %s", a->name, strerrordesc_np(errno));
	if (set_capabilities(keep_bind) < 0 || prctl(PR_SET_KEEPCAPS, 0) < 0)
		return fault_set(f, "user %s: the capabilities cannot be set: %s", a->name, strerrordesc_np(errno));
	return 0;
}

/* Ends the ways by which the process could get rights, or its memory could get out. */
static int
close_ways(const struct osuser *a, struct fault *f)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return fault_set(f, "user %s: %s", a->name, strerrordesc_np(errno));
	return 0;
}

int
osuser_become(const struct osuser *a, bool keep_bind, struct fault *f)
{
	if (change(a, keep_bind, f) < 0 || close_ways(a, f) < 0)
		return -1;
	if (!osuser_is(a) || !has_group(a) || !has_capabilities(keep_bind) || setresuid(0, 0, 0) == 0 || (a->gid != 0 && setresgid(0, 0, 0) == 0))
		return fault_set(f, "user %s: the process has kept rights of root; the system does not let it give them up", a->name);
	return 0;
}
