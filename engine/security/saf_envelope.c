/* SPDX-License-Identifier: Apache-2.0 */
#include "security/saf_envelope.h"

#include "base/file.h"
#include "security/saf_read.h"

#include <string.h>

/* --- sealing ---------------------------------------------------------------------------------- */

/* Whether the bytes are a sound saf with that digest. -1 with a sentence. */
static int
judge(const char *file, const struct file_content *c, const char *digest, struct fault *f)
{
	struct faults faults = { 0 };
	struct saf *s = saf_load_bytes(c->bytes, c->len, file, &faults);
	size_t errors = faults.errors;
	int rc = 0;

	faults_free(&faults);
	if (s == NULL)
		return fault_set(f, "%s has %zu faults; sallyport check lists them", file, errors);
	if (strcmp(saf_digest(s), digest) != 0)
		rc = fault_set(f, "%s differs from the file of the generation: reload, and export the generation that the reload makes", file);
	saf_free(s);
	return rc;
}

int
saf_envelope_seal(const char *file, const char *digest, const struct envelope_readers *readers, struct buf *out, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_SECRET, .max = SAF_BYTES_MAX };
	struct file_content c;
	int rc;

	if (file_read(file, &rule, &c, f) < 0)
		return fault_wrap(f, "%s", file);
	rc = judge(file, &c, digest, f);
	if (rc == 0)
		rc = envelope_seal(readers, c.bytes, c.len, out, f);
	file_free(&c);
	return rc;
}

/* --- opening ---------------------------------------------------------------------------------- */

static struct envelope_key *
read_key(const char *path, struct faults *faults)
{
	static const struct file_rule rule = { .class = FILE_SECRET, .max = ENVELOPE_KEY_FILE };
	struct file_content c;
	struct envelope_key *k;
	struct fault f;

	if (file_read(path, &rule, &c, &f) < 0) {
		faults_add(faults, FAULT_ERROR, "follow_decrypt_key", path, 0, "%s", f.text);
		return NULL;
	}
	file_warn(path, rule.class, &c.st, "", faults);
	k = envelope_key_read(c.bytes, c.len, &f);
	file_free(&c);
	if (k == NULL)
		faults_add(faults, FAULT_ERROR, "follow_decrypt_key", path, 0, "%s", f.text);
	return k;
}

/*
 * The faults of the decrypted text are only counted: a fault may quote the text, and all regions get the reason of a
 * refusal. NULL with a sentence.
 */
static struct saf *
read_text(const struct buf *text, struct fault *f)
{
	struct faults own = { 0 };
	struct saf *s = saf_load_bytes((const char *)buf_bytes(text), buf_len(text), "saf", &own);

	if (s == NULL)
		fault_set(f, "it has %zu faults", own.errors);
	faults_free(&own);
	return s;
}

struct saf *
saf_envelope_open(const char *key_file, const void *bytes, size_t n, struct faults *faults)
{
	struct envelope_key *k = read_key(key_file, faults);
	struct saf *s = NULL;
	struct buf text;
	struct fault f;

	if (k == NULL)
		return NULL;
	buf_init(&text, SAF_BYTES_MAX);
	text.secret = true;
	if (envelope_open(k, bytes, n, &text, &f) == 0)
		s = read_text(&text, &f);
	if (s == NULL)
		faults_add(faults, FAULT_ERROR, "published_saf", NULL, 0, "the saf of the published rules: %s; export the rules again, with this region's public key in "
			"--to (its id is %s)", f.text, envelope_key_id(k));
	buf_free(&text);
	envelope_key_free(k);
	return s;
}
