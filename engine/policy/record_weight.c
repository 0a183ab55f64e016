/* SPDX-License-Identifier: Apache-2.0 */
/* record_weight: the memory that a record needs, about: the parts that a partner or a script makes large. */
#include "policy/record_internal.h"

#include <string.h>

#include "policy/notes.h"

static size_t
weight_of_entry(const struct record_entry *e)
{
	size_t n = sizeof *e + e->answers.cap + e->nchecks * sizeof *e->check;

	for (size_t i = 0; i < e->nchecks; i++)
		n += strlen(e->check[i].name) + e->check[i].detail_len;
	return n;
}

static size_t
weight_of_notes(const struct notes *notes)
{
	size_t n = notes != NULL ? sizeof *notes : 0;

	for (size_t i = 0; notes != NULL && i < notes->n; i++)
		n += notes->item[i].len;
	return n;
}

size_t
record_weight(const struct record *r)
{
	size_t n = sizeof *r;

	if (r->facts != NULL)
		n += sizeof *r->facts + weight_of_notes(r->facts->notes) + certificate_weight(r->facts->certificate);
	for (size_t i = 0; i < r->nentries; i++)
		n += weight_of_entry(r->entry[i]);
	for (size_t i = 0; r->requests != NULL && i < r->requests->n; i++)
		n += weight_of_entry(r->requests->entry[i]);
	return n;
}
