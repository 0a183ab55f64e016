/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_other.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "tls/pem.h"

/* True when the same file is read under another name. */
static bool
is_read(const struct ring_files *l, const struct ring_file *other)
{
	for (size_t i = 0; i < l->n && l->file[i].kind < RING_FILE_OTHER; i++)
		if (l->file[i].ino == other->ino && l->file[i].dev == other->dev)
			return true;
	return false;
}

static bool
is_lost_found(const struct ring_file *f)
{
	return S_ISDIR(f->mode) && strcmp(f->label, "lost+found") == 0;
}

static const char *
remedy(const struct ring_file *f)
{
	if (f->kind == RING_FILE_BELOW)
		return "the directories of a key ring are signers/ and crls/; move it into one of them, or out of the ring";
	return "a key ring has LABEL.pem and LABEL.key, signers/ and crls/ with files named *.pem, *.crt, *.cer or *.crl; rename it, or move it "
		"out of the ring";
}

static void
judge(const struct ring_files *l, const struct ring_file *f, struct faults *faults)
{
	if (f->why.text[0] != '\0' && !is_lost_found(f))
		faults_add(faults, FAULT_ERROR, "ring_entry", f->path, 0, "%s; mend that, or move it out of the ring", f->why.text);
	else if (f->bytes != NULL && pem_suspect(f->bytes, f->len) && !is_read(l, f))
		faults_add(faults, FAULT_ERROR, "ring_entry", f->path, 0, "holds %s and is not read: %s",
			pem_is_der(f->bytes, f->len) ? "DER" : "a PEM block", remedy(f));
	else if (f->kind == RING_FILE_OTHER && !is_read(l, f))
		faults_add(faults, FAULT_WARNING, "ring_entry", f->path, 0, "is no part of a key ring, and is not read");
}

void
ring_other_judge(const struct ring_files *files, struct faults *faults)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->file[i].kind == RING_FILE_OTHER || files->file[i].kind == RING_FILE_BELOW)
			judge(files, &files->file[i], faults);
}
