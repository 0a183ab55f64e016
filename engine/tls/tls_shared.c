/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/tls_shared.h"

#include <stdio.h>
#include <stdlib.h>

struct made {
	char options[2 * LABEL_SIZE + VALUE_SIZE + 80]; /* first: the name in the table */
	struct tls_config *config;                      /* counted; NULL: they cannot be made */
	struct fault why;                               /* of config NULL */
};

/* Writes all options as a text, equal for equal options. False: the text is too long. */
static bool
print(char *out, size_t size, enum way way, const struct tls_options *o)
{
	int n = snprintf(out, size, "%d %p %d %d %d %d %d %s\n%s", way, (void *)o->ring, o->ask_certificate, o->optional_own, o->strict,
		o->min_version, o->max_version, o->label != NULL ? o->label : "", o->ciphers != NULL ? o->ciphers : "");

	return n > 0 && (size_t)n < size;
}

/* Makes the settings and keeps them, or their fault, under the text. NULL: no memory. */
static struct made *
make(struct tls_shared *s, const char *options, enum way way, const struct tls_options *o)
{
	struct made *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	snprintf(m->options, sizeof m->options, "%s", options);
	if (nametable_add(&s->made, m) < 0) {
		free(m);
		return NULL;
	}
	m->config = tls_config_new(way, o, &m->why);
	return m;
}

struct tls_config *
tls_shared_config(struct tls_shared *s, enum way way, const struct tls_options *o, struct fault *f)
{
	char options[sizeof ((struct made *)NULL)->options];
	struct made *m;

	if (!print(options, sizeof options, way, o))
		return tls_config_new(way, o, f);
	m = nametable_find(&s->made, options);
	if (m == NULL)
		m = make(s, options, way, o);
	if (m == NULL)
		fault_set(f, "out of memory");
	else if (m->config == NULL)
		*f = m->why;
	return m != NULL && m->config != NULL ? tls_config_ref(m->config) : NULL;
}

void
tls_shared_free(struct tls_shared *s)
{
	struct made *m;

	for (size_t at = 0; (m = nametable_next(&s->made, &at)) != NULL;) {
		tls_config_unref(m->config);
		free(m);
	}
	nametable_free(&s->made);
}
