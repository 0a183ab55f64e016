/* SPDX-License-Identifier: Apache-2.0 */
#include "security/profile.h"

#include <string.h>

static size_t
qualifier(const char *p)
{
	return strcspn(p, ".");
}

/* --- the form of a name ----------------------------------------------------------------------- */

static int
check_qualifier(const char *q, size_t n, bool last, struct fault *f)
{
	const char *star = memchr(q, '*', n);
	size_t stars = star != NULL ? (size_t)(q + n - star) : 0;

	if (n == 0)
		return fault_set(f, "a qualifier is empty");
	if (stars == 0 || (stars == 1 && star[0] == '*'))
		return 0;
	if (strspn(star, "*") < stars)
		return fault_set(f, "* is allowed at the end of a qualifier only");
	if (stars > 2)
		return fault_set(f, "there is * and **, no more");
	if (n > 2 && !last)
		return fault_set(f, "** must be a whole qualifier, or the end of the name");
	return 0;
}

int
profile_check(const char *name, size_t len, struct fault *f)
{
	if (len == 0 || len >= PROFILE_SIZE)
		return fault_set(f, "a profile's name has 1 to %d characters", PROFILE_SIZE - 1);
	for (size_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~' || strchr(",;()", name[i]) != NULL)
			return fault_set(f, "a profile's name has printable characters except blank , ; ( and )");
	for (const char *q = name;; q++) {
		size_t n = qualifier(q);

		if (check_qualifier(q, n, q[n] == '\0', f) < 0)
			return -1;
		q += n;
		if (*q == '\0')
			return 0;
	}
}

bool
profile_generic(const char *name)
{
	return strpbrk(name, "%*") != NULL;
}

/* --- the resources of a profile --------------------------------------------------------------------------- */

static bool
same(const char *p, const char *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != r[i] && !(p[i] == '%' && r[i] != '.' && r[i] != '\0'))
			return false;
	return true;
}

static bool
covers_qualifier(const char *p, size_t np, const char *r, size_t nr)
{
	bool rest = np > 0 && p[np - 1] == '*';

	np -= rest;
	return (rest ? nr >= np : nr == np) && same(p, r, np);
}

static bool
any_qualifiers(const char *p, size_t n)
{
	return n == 2 && p[0] == '*' && p[1] == '*';
}

/* "PAY**" at the end of the name: matches the rest; same() stops at the end of the resource. */
static bool
any_end(const char *p, size_t n)
{
	return n > 2 && p[n] == '\0' && p[n - 2] == '*';
}

/* Returns the next qualifier; NULL: there is none. */
static const char *
behind(const char *q, size_t n)
{
	return q[n] == '.' ? q + n + 1 : NULL;
}

/*
 * Compares qualifier by qualifier. After a mismatch the last ** takes one more qualifier. Earlier ** need no second
 * try, because their part stays right.
 */
bool
profile_covers(const char *name, const char *resource)
{
	const char *p = name, *r = resource, *again = NULL, *taken = NULL;

	while (r != NULL) {
		size_t np = p != NULL ? qualifier(p) : 0, nr = qualifier(r);

		if (p != NULL && any_qualifiers(p, np)) {
			p = again = behind(p, np);
			taken = r;
			if (again == NULL)
				return true;
		} else if (p != NULL && any_end(p, np) && same(p, r, np - 2)) {
			return true;
		} else if (p != NULL && !any_end(p, np) && covers_qualifier(p, np, r, nr)) {
			p = behind(p, np);
			r = behind(r, nr);
		} else if (again != NULL) {
			p = again;
			r = taken = behind(taken, qualifier(taken));
		} else {
			return false;
		}
	}
	while (p != NULL && any_qualifiers(p, qualifier(p)))
		p = behind(p, 2);
	return p == NULL;
}

/* --- which comes first ------------------------------------------------------------------------ */

enum { RANK_END = 0x100, RANK_MORE, RANK_ONE, RANK_REST, RANK_ANY }; /* a character has its own code as rank */

/*
 * One step through a name: the rank of its next element. A ** includes the dot before it, so that A* is more specific
 * than A*.**, and A.**, whose dot is a character, is more specific than A*.
 */
static int
rank(const char **p)
{
	size_t dot = **p == '.';

	if (**p == '\0')
		return RANK_END;
	if (strncmp(*p + dot, "**", 2) == 0)
		return *p += dot + 2, dot ? RANK_MORE : RANK_ANY;
	return (*p)++, (*p)[-1] == '%' ? RANK_ONE : (*p)[-1] == '*' ? RANK_REST : (*p)[-1];
}

int
profile_order(const char *a, const char *b)
{
	for (;;) {
		int x = rank(&a), y = rank(&b);

		if (x != y)
			return x < y ? -1 : 1;
		if (x == RANK_END)
			return 0;
	}
}
