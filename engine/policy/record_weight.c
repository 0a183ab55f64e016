/* SPDX-License-Identifier: Apache-2.0 */
/* record_weight: the memory that a record needs, about. */
#include "policy/record_internal.h"

#include "policy/notes.h"

static size_t
weight_of_notes(const struct notes *notes)
{
	size_t n = notes != NULL ? sizeof *notes : 0;

	for (size_t i = 0; notes != NULL && i < notes->n; i++)
		n += notes->item[i].len;
	return n;
}

static size_t
weight_of_answers(const struct record_entry *e)
{
	return e->answers != NULL ? sizeof *e->answers + e->answers->all.cap : 0;
}

size_t
record_weight(const struct record *r)
{
	size_t n = r->arena.bytes;

	if (r->facts != NULL)
		n += weight_of_notes(r->facts->notes) + certificate_weight(r->facts->certificate);
	for (size_t i = 0; i < r->nentries; i++)
		n += weight_of_answers(r->entry[i]);
	for (size_t i = 0; r->requests != NULL && i < r->requests->n; i++)
		n += sizeof *r->requests->entry[i] + r->requests->entry[i]->arena->bytes + weight_of_answers(r->requests->entry[i]);
	return n;
}
