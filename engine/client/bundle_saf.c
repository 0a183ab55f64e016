/* SPDX-License-Identifier: Apache-2.0 */
#include "client/bundle_saf.h"

#include <string.h>

#include "base/file.h"
#include "region/bundle.h"
#include "security/saf_envelope.h"

static int
read_readers(struct envelope_readers *r, const char *const *to, size_t n, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = ENVELOPE_KEY_FILE };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct file_content c;

		if (file_read(to[i], &rule, &c, f) < 0)
			return fault_wrap(f, "--to %s", to[i]);
		rc = envelope_readers_add(r, c.bytes, c.len, f);
		file_free(&c);
		if (rc < 0)
			fault_wrap(f, "--to %s", to[i]);
	}
	return rc;
}

/* The digest of the saf that v was loaded with. NULL: it had none. */
static const char *
digest_of(const struct version *v)
{
	for (size_t i = 0; i < v->prints; i++)
		if (strcmp(v->print[i].what, BUNDLE_SAF) == 0)
			return v->print[i].digest;
	return NULL;
}

static int
seal(struct version *v, const struct definition *d, const struct envelope_readers *r, struct buf *out, struct fault *f)
{
	const char *digest = digest_of(v);
	struct version_blob *blob;
	int rc;

	if (digest == NULL)
		return fault_set(f, "--saf: generation %llu has no saf", (unsigned long long)v->number);
	if (d->region.saf[0] == '\0')
		return fault_set(f, "--saf: the saf of generation %llu came with published rules; export it from a region that names its file", (unsigned long long)v->number);
	if (saf_envelope_seal(d->region.saf, digest, r, out, f) < 0)
		return fault_wrap(f, "--saf");
	blob = version_blob(buf_bytes(out), buf_len(out));
	rc = blob != NULL ? version_add_file(v, BUNDLE_SAF, BUNDLE_SAF, blob) : -1;
	version_blob_unref(blob);
	return rc == 0 ? 0 : fault_set(f, "no memory");
}

int
bundle_saf_add(struct version *v, const struct definition *d, const char *const *to, size_t n, struct fault *f)
{
	struct envelope_readers *r = envelope_readers_new();
	struct buf sealed;
	int rc;

	if (r == NULL)
		return fault_set(f, "no memory");
	buf_init(&sealed, BUNDLE_MAX);
	rc = read_readers(r, to, n, f);
	if (rc == 0)
		rc = seal(v, d, r, &sealed, f);
	if (rc == 0)
		rc = (int)envelope_readers_count(r);
	buf_free(&sealed);
	envelope_readers_free(r);
	return rc;
}
