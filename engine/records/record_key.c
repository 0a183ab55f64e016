/* SPDX-License-Identifier: Apache-2.0 */
#include "records/record_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/name.h"
#include "security/scrypt.h"

static int
make(const char *path, unsigned char key[RECORD_HIDE_KEY], struct fault *f)
{
	if (scrypt_key(key) < 0)
		return fault_set(f, "no random bytes");
	return file_replace(path, key, RECORD_HIDE_KEY, f);
}

int
record_key_read(const char *path, unsigned char key[RECORD_HIDE_KEY], struct fault *f)
{
	const struct file_rule rule = { .class = FILE_SECRET, .max = 1024 };
	struct file_content c = { .bytes = NULL };
	char beside[2 * PATH_SIZE + 8];
	int ok;

	snprintf(beside, sizeof beside, "%s.key", path);
	ok = file_read(beside, &rule, &c, f);
	if (ok < 0 && c.error == ENOENT)
		return make(beside, key, f) < 0 ? fault_wrap(f, "%s", beside) : 0;
	if (ok < 0)
		return fault_wrap(f, "%s", beside);
	if (c.len == RECORD_HIDE_KEY)
		memcpy(key, c.bytes, RECORD_HIDE_KEY);
	else
		ok = fault_set(f, "%s: it has %zu bytes and no key of %d; move it away, and the region makes another one", beside, c.len, RECORD_HIDE_KEY);
	file_free(&c);
	return ok;
}
