/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saf: a RACF-like model as data: users, groups, classes with discrete and generic profiles, UACC and permits. Immutable once loaded; a
 * generation owns it. Nothing here hashes a password: passwords.h does, beside the loop.
 */
#ifndef SALLYPORT_SAF_H
#define SALLYPORT_SAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "security/profile.h"
#include "base/name.h"

#define SAF_CLASS_SIZE 9
#define SAF_PROFILE_SIZE PROFILE_SIZE
#define SAF_HASH_SIZE 128

enum saf_access { SAF_NONE, SAF_EXECUTE, SAF_READ, SAF_UPDATE, SAF_CONTROL, SAF_ALTER };

#define SAF_TRANSACTIONS "TCICSTRN" /* the class of what sec = "yes" checks (IPIC.md 7.4) */

struct saf;

struct saf_user {
	char userid[NAME_SIZE];
	char password[SAF_HASH_SIZE]; /* "scrypt:…" as `sallyport passwd` prints it; "" none: it cannot be verified */
	bool revoked;
};

struct saf_decision {
	bool permitted;
	bool defined;                   /* a profile covers the resource; false: nothing permits it */
	char profile[SAF_PROFILE_SIZE]; /* the profile that decided; "" none */
	enum saf_access held;           /* the access the user has by it */
	const char *by;                 /* static: "user", "group", "id(*)", "uacc", "no profile", "unknown user", "revoked user", "no class" */
};

struct saf *saf_new(void); /* NULL: no memory */
/* The place of the sum of its file's bytes (sum.h); 0 until its reader sets it. */
uint64_t *saf_sum(struct saf *s);
void saf_free(struct saf *s); /* NULL is fine */

/* Building it (saf_read.c). Each: -1 with no memory, when it is there already, or when what it belongs to is not. Names are checked, and in
 * upper case, by the reader. A permit's `who` is a user, a group, or "*": every user that is known. */
int saf_add_user(struct saf *s, const struct saf_user *u);
int saf_add_to_group(struct saf *s, const char *userid, const char *group);
int saf_add_class(struct saf *s, const char *class);
int saf_add_profile(struct saf *s, const char *class, const char *profile, enum saf_access uacc);
int saf_permit(struct saf *s, const char *class, const char *profile, const char *who, enum saf_access access);
/* How often a password may be wrong in a row; 0: no limit. 5 unless said. */
void saf_set_revoke(struct saf *s, unsigned times);
unsigned saf_revoke(const struct saf *s);
/* The same over all partners; 10 times saf_revoke() until it is set. */
void saf_set_revoke_all(struct saf *s, unsigned times);
unsigned saf_revoke_all(const struct saf *s);

/* May userid have `wanted` to the resource in the class? The most specific profile decides alone: discrete before generic, then the longest part
 * in front of the first generic character (profile.h). A user's own permit stands before its groups' (the highest of these), then
 * id(*), then UACC. Unknown and revoked users have no access. Names count in upper case, whatever case they come in. Decides no even when
 * s is NULL ("no class"). */
bool saf_check(const struct saf *s, const char *class, const char *resource, const char *userid, enum saf_access wanted, struct saf_decision *out);
const struct saf_user *saf_user(const struct saf *s, const char *userid); /* NULL: unknown. In any case; s may be NULL */
bool saf_has(const struct saf *s, const char *class); /* a class of that name; s may be NULL */
size_t saf_generics(const struct saf *s, const char *class); /* how many generic profiles a look-up may have to go through */
/* A hash for who has none, so that checking takes as long: of some user, always the same for that userid; a default when nobody has one. s may be
 * NULL. Whatever comes of checking it, the answer is no. */
const char *saf_decoy(const struct saf *s, const char *userid);
size_t saf_groups(const struct saf *s, const char *userid);
const char *saf_group(const struct saf *s, const char *userid, size_t i); /* i below saf_groups; in the order of their names */
/* Groups and users that permits name and nobody is or belongs to, for warnings: calls say for each. */
void saf_strangers(const struct saf *s, void (*say)(void *arg, const char *class, const char *profile, const char *who), void *arg);

const char *saf_access_name(enum saf_access a); /* "READ" */
int saf_access_of(const char *name);            /* any case; -1: none */

#endif
