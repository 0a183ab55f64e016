/* SPDX-License-Identifier: Apache-2.0 */
#include "security/password_guesses.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETS 512
#define WAYS 8

struct minute {
	char partner[PARTNER_SIZE]; /* "": free */
	double since;
	unsigned count;
};

struct password_guesses {
	struct minute set[SETS][WAYS]; /* by partner */
};

struct password_guesses *
password_guesses_new(void)
{
	return calloc(1, sizeof(struct password_guesses));
}

void
password_guesses_free(struct password_guesses *g)
{
	free(g);
}

static size_t
set_of(const char *partner)
{
	uint32_t h = 2166136261u;

	for (; *partner != '\0'; partner++)
		h = (h ^ (unsigned char)*partner) * 16777619u;
	return (h ^ h >> 16) % SETS;
}

static bool
is_over(const struct minute *m, double now)
{
	return now - m->since >= PASSWORD_GUESSES_SECONDS;
}

/* Returns the partner's minute that has not ended; NULL: none. */
static const struct minute *
find(const struct password_guesses *g, const char *partner, double now)
{
	const struct minute *m = g->set[set_of(partner)];

	for (size_t i = 0; i < WAYS; i++)
		if (strcmp(m[i].partner, partner) == 0)
			return is_over(&m[i], now) ? NULL : &m[i];
	return NULL;
}

/* Returns the partner's slot, or the slot to use for it: a free one, or the oldest. */
static struct minute *
place(struct password_guesses *g, const char *partner)
{
	struct minute *m = g->set[set_of(partner)], *oldest = m;

	for (size_t i = 0; i < WAYS; i++) {
		if (strcmp(m[i].partner, partner) == 0)
			return &m[i];
		if (oldest->partner[0] != '\0' && (m[i].partner[0] == '\0' || m[i].since < oldest->since))
			oldest = &m[i];
	}
	return oldest;
}

bool
password_guesses_add(struct password_guesses *g, const char *partner, double now)
{
	struct minute *m = place(g, partner);

	if (strcmp(m->partner, partner) != 0 || is_over(m, now)) {
		*m = (struct minute){ .since = now };
		snprintf(m->partner, sizeof m->partner, "%s", partner);
	}
	return ++m->count == PASSWORD_GUESSES_MAX;
}

bool
password_guesses_reached(const struct password_guesses *g, const char *partner, double now)
{
	const struct minute *m = find(g, partner, now);

	return m != NULL && m->count >= PASSWORD_GUESSES_MAX;
}
