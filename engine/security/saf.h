/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saf: a RACF-like model as data: users, groups, classes with discrete and generic profiles, UACC and permits.
 * Immutable after loading; a generation owns it. passwords.h checks passwords.
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

#define SAF_TRANSACTIONS "TCICSTRN" /* the class that sec = "yes" checks (IPIC.md 7.4) */

struct saf;

struct saf_user {
	char userid[NAME_SIZE];
	char password[SAF_HASH_SIZE]; /* "scrypt:..." as `sallyport passwd` prints it; "": none, so that the user cannot log on */
	bool revoked;
};

struct saf_decision {
	bool permitted;
	bool defined;                   /* a profile covers the resource; false: access is refused */
	char profile[SAF_PROFILE_SIZE]; /* the profile that decided; "": none */
	enum saf_access held;           /* the user's access by that profile */
	const char *by;                 /* static: "user", "group", "id(*)", "uacc", "no profile", "unknown user", "revoked user", "no class" */
};

struct saf *saf_new(void); /* NULL: no memory */
/* The address of the sum of the file's bytes (sum.h); 0 until the reader sets it. */
uint64_t *saf_sum(struct saf *s);
/*
 * The SHA-256 of the file's text without its password hashes, in lower-case hex: two files with the same digest differ
 * in passwords only, and the digest cannot be used to guess one. Set by the reader; "" until then.
 */
char *saf_digest(struct saf *s);
#define SAF_DIGEST 65
void saf_free(struct saf *s); /* NULL is allowed */

/*
 * Build the model (saf_read.c). Each returns -1: no memory, the entry exists already, or the entry it belongs to is
 * missing. The reader has checked the names; they are in upper case. `who` of a permit is a user, a group, or "*": each
 * known user.
 */
int saf_add_user(struct saf *s, const struct saf_user *u);
int saf_add_to_group(struct saf *s, const char *userid, const char *group);
int saf_add_class(struct saf *s, const char *class);
int saf_add_profile(struct saf *s, const char *class, const char *profile, enum saf_access uacc);
int saf_permit(struct saf *s, const char *class, const char *profile, const char *who, enum saf_access access);
/* The limit of wrong passwords in a row for one partner; 0: no limit; 5 when not set. */
void saf_set_revoke(struct saf *s, unsigned times);
unsigned saf_revoke(const struct saf *s);
/* The same over all partners; 10 times saf_revoke() when not set. */
void saf_set_revoke_all(struct saf *s, unsigned times);
unsigned saf_revoke_all(const struct saf *s);

/*
 * Whether userid has access `wanted` to the resource in the class. The most specific profile alone decides: a discrete
 * one before generic ones, then the one with the longest part before its first generic character (profile.h). A user's
 * own permit counts before those of its groups (the highest of these), then id(*), then UACC. Unknown and revoked users
 * have no access. Names may be in any case. s may be NULL: refused ("no class").
 */
bool saf_check(const struct saf *s, const char *class, const char *resource, const char *userid, enum saf_access wanted, struct saf_decision *out);
const struct saf_user *saf_user(const struct saf *s, const char *userid); /* NULL: unknown. userid may be in any case, s may be NULL */
bool saf_has(const struct saf *s, const char *class); /* whether there is a class of that name; s may be NULL */
size_t saf_generics(const struct saf *s, const char *class); /* the number of generic profiles that a search may have to compare */
/*
 * Returns a hash to check a user without a password against, so that the check takes as long as others: that of some
 * user, always the same for that userid, or a default when no user has one. s may be NULL. The caller must answer no in
 * any case.
 */
const char *saf_decoy(const struct saf *s, const char *userid);
size_t saf_groups(const struct saf *s, const char *userid); /* the number of the user's groups */
const char *saf_group(const struct saf *s, const char *userid, size_t i); /* i below saf_groups; sorted by name */
/* Calls say for each permit of an unknown name, which is neither a user nor a group with users. For warnings. */
void saf_strangers(const struct saf *s, void (*say)(void *arg, const char *class, const char *profile, const char *who), void *arg);

const char *saf_access_name(enum saf_access a); /* "READ" */
int saf_access_of(const char *name);            /* name in any case; -1: unknown */

#endif
