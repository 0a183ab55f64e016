/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs alone: a test counts how many password checks of a flood end before one of another ipconn, which depends on free
 * cores.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "security/password_failures.h"
#include "security/passwords.h"
#include "security/scrypt.h"
#include "security/password_cache.h"

/* Made with Python's hashlib.scrypt, salt 00 01 ... 0f. */
#define SALT "AAECAwQFBgcICQoLDA0ODw"
#define SESAME "scrypt:10:8:1:" SALT ":g5YbxIhECK5MqxhkZl6hQMVIe0TZBURcdF1-xqA7LeU"
#define BOXER "scrypt:14:8:1:" SALT ":Ens0DqQrHuflC7Zmg98arG9R2Ttg5AmZWCHPS6k3JsE"
#define ODD "scrypt:10:4:3:" SALT ":p8EEiZygYeWfN3sBCjdn9PfAlprX-ZsLY-KjocR0VtM"

/* --- hashes ----------------------------------------------------------------------------------- */

static int
check(const char *hash, const char *password)
{
	return scrypt_check(hash, password, strlen(password));
}

static void
hashes_of_others_are_understood(void **state)
{
	(void)state;
	assert_int_equal(check(SESAME, "opensesame"), 1);
	assert_int_equal(check(SESAME, "openSesame"), 0);
	assert_int_equal(check(SESAME, ""), 0);
	assert_int_equal(check(BOXER, "Zw\xc3\xb6lf Boxk\xc3\xa4mpfer"), 1);
	assert_int_equal(check(ODD, "x"), 1);
}

static void
a_new_hash_is_right_for_its_password_only_and_never_the_same(void **state)
{
	char one[SAF_HASH_SIZE], two[SAF_HASH_SIZE];
	struct scrypt s;

	(void)state;
	assert_int_equal(scrypt_new(SCRYPT_LN_MIN, "tulip", 5, one), 0);
	assert_int_equal(scrypt_new(SCRYPT_LN_MIN, "tulip", 5, two), 0);
	assert_string_not_equal(one, two);
	assert_int_equal(scrypt_parse(&s, one, NULL), 0);
	assert_int_equal(s.ln, SCRYPT_LN_MIN);
	assert_int_equal(check(one, "tulip"), 1);
	assert_int_equal(check(two, "tulip"), 1);
	assert_int_equal(check(one, "tulips"), 0);
	assert_int_equal(scrypt_new(SCRYPT_LN_MIN - 1, "tulip", 5, one), -1);
	assert_int_equal(scrypt_new(SCRYPT_LN_MAX + 1, "tulip", 5, one), -1);
}

static void
what_is_no_hash_is_refused(void **state)
{
#define HASH ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	static const char *const bad[] = { "", "scrypt", "scrypt:", "scrypt:14:8:1:" SALT, "SCRYPT:14:8:1:" SALT HASH, "scrypt:14:8:" SALT HASH,
		"scrypt:014:8:1:" SALT HASH, "scrypt:-4:8:1:" SALT HASH, "scrypt: 14:8:1:" SALT HASH, "scrypt:14:0:1:" SALT HASH,
		"scrypt:14:8:1:" SALT HASH "A", "scrypt:14:8:1:" SALT "A" HASH, "scrypt:14:8:1:AAECAwQFBgcICQoLDA0OD" HASH,
		"scrypt:14:8:1:AAECAwQFBgcICQoLDA0OD+" HASH, "scrypt:14:8:1:AAECAwQFBgcICQoLDA0OD=" HASH,
		"scrypt:14:8:1:AAECAwQFBgcICQoLDA0ODx" HASH /* unused bits that are not 0 */, "scrypt:14:8:1:" SALT ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
		"scrypt:9:8:1:" SALT HASH, "scrypt:18:8:1:" SALT HASH, "scrypt:17:9:1:" SALT HASH, "scrypt:17:8:2:" SALT HASH,
		"scrypt:10:999:1:" SALT HASH, "scrypt:10:1:999:" SALT HASH, "scrypt:9999999999999999:8:1:" SALT HASH };
	static const char *const good[] = { "scrypt:17:8:1:" SALT HASH, "scrypt:10:1:1:" SALT HASH, "scrypt:14:64:1:" SALT HASH };
	struct scrypt s;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (scrypt_parse(&s, bad[i], NULL) == 0)
			fail_msg("%s passes", bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(scrypt_parse(&s, good[i], NULL), 0);
	assert_int_equal(scrypt_check("scrypt:18:8:1:" SALT HASH, "x", 1), -1);
}

/* --- failures --------------------------------------------------------------------------------- */

static struct failure_counts
fail_once(struct password_failures *f, const char *userid, const char *partner, bool known)
{
	struct failure_room room;
	struct failure_counts n;

	assert_int_equal(password_failures_room(&room), 0);
	n = password_failures_add(f, userid, partner, known, &room);
	password_failures_room_free(&room);
	return n;
}

static void
counted(const struct password_failures *f, const char *userid, const char *partner, unsigned here, unsigned all)
{
	struct failure_counts n = password_failures_count(f, userid, partner);

	if (n.here != here || n.all != all)
		fail_msg("%s by %s: %u, %u", userid, partner, n.here, n.all);
}

static void
failures_are_counted_per_user_and_partner_and_summed_up(void **state)
{
	struct password_failures *f = password_failures_new();

	(void)state;
	counted(f, "FRED", "ONE", 0, 0);
	fail_once(f, "FRED", "ONE", true);
	assert_int_equal(fail_once(f, "FRED", "ONE", true).here, 2);
	assert_int_equal(fail_once(f, "FRED", "TWO", true).all, 3);
	fail_once(f, "ANNA", "ONE", true);
	counted(f, "FRED", "TWO", 1, 3);
	password_failures_clear(f, "FRED", "ONE"); /* a right password clears the count of its partner only */
	counted(f, "FRED", "ONE", 0, 1);
	counted(f, "FRED", "TWO", 1, 1);
	password_failures_clear(f, "FRED", "THREE");
	counted(f, "FRED", "TWO", 1, 1);
	fail_once(f, "FRED", "ONE", true);
	password_failures_clear(f, "FRED", NULL);
	counted(f, "FRED", "ONE", 0, 0);
	counted(f, "FRED", "TWO", 0, 0);
	counted(f, "ANNA", "ONE", 1, 1);
	password_failures_free(f);
	password_failures_free(NULL);
}

static void
made_up_names_push_no_real_one_out(void **state)
{
	struct password_failures *f = password_failures_new();
	char name[16];

	(void)state;
	fail_once(f, "FRED", "ONE", true);
	fail_once(f, "NOBODY", "ONE", false);
	for (int i = 0; i < PASSWORD_FAILURES_UNKNOWN; i++) {
		snprintf(name, sizeof name, "X%d", i);
		fail_once(f, name, "ONE", false);
	}
	counted(f, "FRED", "ONE", 1, 1);
	counted(f, "NOBODY", "ONE", 0, 0);
	counted(f, "X0", "ONE", 1, 1);
	password_failures_free(f);
}

static void
many_partners_push_no_user_s_sum_out(void **state)
{
	struct password_failures *f = password_failures_new();
	char partner[16];

	(void)state;
	fail_once(f, "FRED", "ONE", true);
	for (int i = 0; i < PASSWORD_FAILURES_KNOWN; i++) {
		snprintf(partner, sizeof partner, "P%d", i);
		fail_once(f, "ANNA", partner, true);
	}
	counted(f, "FRED", "ONE", 0, 1);
	counted(f, "ANNA", "P0", 1, PASSWORD_FAILURES_KNOWN);
	password_failures_free(f);
}

/* --- guesses ---------------------------------------------------------------------------------- */

static void
a_hundred_guesses_of_a_partner_end_its_minute(void **state)
{
	struct password_guesses *g = password_guesses_new();

	(void)state;
	for (int i = 1; i < PASSWORD_GUESSES_MAX; i++)
		assert_false(password_guesses_add(g, "ONE", 1000 + i * 0.25));
	assert_false(password_guesses_reached(g, "ONE", 1030));
	assert_true(password_guesses_add(g, "ONE", 1030));
	assert_true(password_guesses_reached(g, "ONE", 1030));
	assert_true(password_guesses_reached(g, "ONE", 1000.25 + PASSWORD_GUESSES_SECONDS - 0.001));
	assert_false(password_guesses_reached(g, "ONE", 1000.25 + PASSWORD_GUESSES_SECONDS));
	assert_false(password_guesses_reached(g, "TWO", 1030));
	assert_false(password_guesses_add(g, "ONE", 1000.25 + PASSWORD_GUESSES_SECONDS));
	assert_false(password_guesses_reached(g, "ONE", 1000.25 + PASSWORD_GUESSES_SECONDS));
	password_guesses_free(g);
}

/* So few others that they do not fill the partner's set. */
static void
other_partners_do_not_begin_its_minute_anew(void **state)
{
	struct password_guesses *g = password_guesses_new();
	char partner[16];

	(void)state;
	for (int i = 0; i < PASSWORD_GUESSES_MAX; i++)
		password_guesses_add(g, "ONE", 1000);
	for (int i = 0; i < 500; i++) {
		snprintf(partner, sizeof partner, "P%d", i);
		password_guesses_add(g, partner, 1001);
	}
	assert_true(password_guesses_reached(g, "ONE", 1002));
	password_guesses_free(g);
}

/* --- checking --------------------------------------------------------------------------------- */

struct site {
	struct ev_loop *loop;
	struct saf *saf;
	struct passwords *passwords;
};

struct heard {
	int n;
	enum password_answer answer;
	int at; /* the position of this answer among all */
	int *all;
};

static void
hear(void *arg, enum password_answer a)
{
	struct heard *h = arg;

	h->n++;
	h->answer = a;
	if (h->all != NULL)
		h->at = ++*h->all;
}

static void
add_user(struct saf *s, const char *userid, const char *hash, bool revoked)
{
	struct saf_user u = { .revoked = revoked };

	snprintf(u.userid, sizeof u.userid, "%s", userid);
	snprintf(u.password, sizeof u.password, "%s", hash);
	assert_int_equal(saf_add_user(s, &u), 0);
}

static int
open_site(void **state)
{
	struct site *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	s->saf = saf_new();
	saf_set_revoke(s->saf, 3);
	add_user(s->saf, "FRED", SESAME, false);
	add_user(s->saf, "ANNA", ODD, false);
	add_user(s->saf, "GONE", SESAME, true);
	add_user(s->saf, "MUTE", "", false);
	s->passwords = passwords_new(s->loop, NULL);
	assert_non_null(s->passwords);
	*state = s;
	return 0;
}

static int
close_site(void **state)
{
	struct site *s = *state;

	passwords_free(s->passwords);
	saf_free(s->saf);
	ev_loop_destroy(s->loop);
	free(s);
	return 0;
}

/* By a partner with the name of the ipconn. */
static struct password_check *
begin(struct site *s, const char *ipconn, const char *userid, const char *password, struct heard *h)
{
	return passwords_verify(s->passwords, s->saf, &(struct password_question){ ipconn, ipconn, userid, password }, hear, h);
}

static enum password_answer
by_partner(struct site *s, const char *ipconn, const char *partner, const char *userid, const char *password)
{
	struct heard h = { 0 };

	passwords_verify(s->passwords, s->saf, &(struct password_question){ ipconn, partner, userid, password }, hear, &h);
	ev_run(s->loop, 0);
	assert_int_equal(h.n, 1);
	return h.answer;
}

static enum password_answer
verify(struct site *s, const char *ipconn, const char *userid, const char *password)
{
	struct heard h = { 0 };

	begin(s, ipconn, userid, password, &h);
	ev_run(s->loop, 0);
	assert_int_equal(h.n, 1);
	return h.answer;
}

/* Answered without a thread, before the call returns. */
static bool
at_once(struct site *s, const char *ipconn, const char *userid, const char *password, enum password_answer a)
{
	struct heard h = { 0 };

	if (begin(s, ipconn, userid, password, &h) == NULL)
		return h.n == 1 && h.answer == a;
	ev_run(s->loop, 0);
	return false;
}

static void
a_right_password_is_right(void **state)
{
	struct site *s = *state;

	assert_int_equal(verify(s, "ONE", "FRED", "opensesame"), PASSWORD_RIGHT);
	assert_int_equal(verify(s, "ONE", "anna", "x"), PASSWORD_RIGHT);
	assert_int_equal(verify(s, "ONE", "FRED", "OPENSESAME"), PASSWORD_WRONG);
	assert_int_equal(verify(s, "ONE", "NOBODY", "opensesame"), PASSWORD_WRONG);
	assert_int_equal(verify(s, "ONE", "NOBODY", "x"), PASSWORD_WRONG);
	assert_int_equal(verify(s, "ONE", "MUTE", ""), PASSWORD_WRONG);
	assert_int_equal(verify(s, "ONE", "MUTE", "opensesame"), PASSWORD_WRONG);
	assert_int_equal(verify(s, "ONE", "GONE", "opensesame"), PASSWORD_REVOKED);
}

/* Not at once: a hash is made although the answer is known. */
static void
who_cannot_log_on_costs_a_hash_all_the_same(void **state)
{
	struct site *s = *state;

	assert_false(at_once(s, "ONE", "NOBODY", "opensesame", PASSWORD_WRONG));
	assert_false(at_once(s, "ONE", "MUTE", "opensesame", PASSWORD_WRONG));
	assert_false(at_once(s, "ONE", "GONE", "opensesame", PASSWORD_REVOKED));
}

/* Most use the result of the first one. */
static void
a_burst_of_right_ones_is_right_to_the_last(void **state)
{
	struct site *s = *state;
	struct heard h[PASSWORDS_PER_IPCONN] = { { 0 } };

	for (size_t i = 0; i < PASSWORDS_PER_IPCONN; i++)
		begin(s, "ONE", "FRED", "opensesame", &h[i]);
	ev_run(s->loop, 0);
	for (size_t i = 0; i < PASSWORDS_PER_IPCONN; i++) {
		assert_int_equal(h[i].n, 1);
		assert_int_equal(h[i].answer, PASSWORD_RIGHT);
	}
}

static void
a_success_lasts_as_long_as_was_said(void **state)
{
	struct password_cache *s = password_cache_new();
	struct success_claim fred, other;

	(void)state;
	assert_int_equal(password_cache_claim(s, "FRED", SESAME, "opensesame", &fred), 0);
	assert_false(password_cache_has(s, &fred, 0));
	password_cache_add(s, &fred, 60);
	assert_true(password_cache_has(s, &fred, 59.9));
	assert_false(password_cache_has(s, &fred, 60));
	assert_int_equal(password_cache_claim(s, "FRED", SESAME, "opensesam", &other), 0);
	assert_false(password_cache_has(s, &other, 1));
	assert_int_equal(password_cache_claim(s, "FRED", ODD, "opensesame", &other), 0);
	assert_false(password_cache_has(s, &other, 1));
	assert_int_equal(password_cache_claim(s, "ANNA", SESAME, "opensesame", &other), 0);
	assert_false(password_cache_has(s, &other, 1));
	password_cache_forget(s);
	assert_false(password_cache_has(s, &fred, 1));
	password_cache_free(s);
}

static void
a_success_is_remembered_until_told_to_forget(void **state)
{
	struct site *s = *state;

	verify(s, "ONE", "FRED", "opensesame");
	assert_true(at_once(s, "TWO", "fred", "opensesame", PASSWORD_RIGHT));
	assert_false(at_once(s, "TWO", "FRED", "opensesamE", PASSWORD_RIGHT));
	passwords_forget(s->passwords);
	assert_false(at_once(s, "TWO", "FRED", "opensesame", PASSWORD_RIGHT));
}

/* A reload with another password, before passwords_forget. */
static void
another_stored_hash_is_another_password(void **state)
{
	struct site *s = *state;
	struct saf *after = saf_new(), *before = s->saf;

	verify(s, "ONE", "FRED", "opensesame");
	add_user(after, "FRED", ODD, false);
	s->saf = after;
	assert_int_equal(verify(s, "ONE", "FRED", "opensesame"), PASSWORD_WRONG);
	s->saf = before;
	saf_free(after);
}

static void
wrong_passwords_in_a_row_revoke_there_and_only_there(void **state)
{
	struct site *s = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(verify(s, "ONE", "FRED", "wrong"), PASSWORD_WRONG);
	assert_true(at_once(s, "ONE", "FRED", "opensesame", PASSWORD_REVOKED));
	assert_int_equal(verify(s, "TWO", "FRED", "opensesame"), PASSWORD_RIGHT);
	assert_true(at_once(s, "ONE", "FRED", "opensesame", PASSWORD_REVOKED)); /* remembered, and revoked for this partner in spite of that */
	passwords_unrevoke(s->passwords, "fred");
	assert_int_equal(verify(s, "ONE", "FRED", "opensesame"), PASSWORD_RIGHT);
}

static void
an_ipconn_of_another_name_is_the_same_partner(void **state)
{
	struct site *s = *state;
	char ipconn[NAME_SIZE];

	for (int i = 0; i < 3; i++) {
		snprintf(ipconn, sizeof ipconn, "I%d", i);
		assert_int_equal(by_partner(s, ipconn, "ONE", "FRED", "wrong"), PASSWORD_WRONG);
	}
	assert_int_equal(by_partner(s, "NEW", "ONE", "FRED", "opensesame"), PASSWORD_REVOKED);
	assert_int_equal(by_partner(s, "NEW", "TWO", "FRED", "opensesame"), PASSWORD_RIGHT);
}

static void
a_user_is_revoked_everywhere_after_wrong_ones_of_all_partners(void **state)
{
	struct site *s = *state;
	char partner[PARTNER_SIZE];

	saf_set_revoke_all(s->saf, 4);
	for (int i = 0; i < 3; i++) {
		snprintf(partner, sizeof partner, "P%d", i);
		assert_int_equal(by_partner(s, "C", partner, "FRED", "wrong"), PASSWORD_WRONG);
	}
	assert_int_equal(by_partner(s, "C", "P0", "FRED", "opensesame"), PASSWORD_RIGHT); /* takes the place of P0's count only */
	assert_int_equal(by_partner(s, "C", "P3", "FRED", "wrong"), PASSWORD_WRONG);
	assert_int_equal(by_partner(s, "C", "P4", "FRED", "wrong"), PASSWORD_WRONG);
	assert_int_equal(by_partner(s, "C", "NEW", "FRED", "opensesame"), PASSWORD_REVOKED);
	assert_int_equal(by_partner(s, "C", "NEW", "ANNA", "x"), PASSWORD_RIGHT);
	passwords_unrevoke(s->passwords, "FRED");
	assert_int_equal(by_partner(s, "C", "NEW", "FRED", "opensesame"), PASSWORD_RIGHT);
	assert_int_equal(by_partner(s, "C", "P4", "FRED", "wrong"), PASSWORD_WRONG);
}

static void
ten_times_revoke_is_the_bound_over_all_unless_it_is_said(void **state)
{
	struct saf *s = saf_new();

	(void)state;
	assert_int_equal(saf_revoke_all(s), 50);
	saf_set_revoke(s, 3);
	assert_int_equal(saf_revoke_all(s), 30);
	saf_set_revoke(s, 0);
	assert_int_equal(saf_revoke_all(s), 0);
	saf_set_revoke_all(s, 7);
	assert_int_equal(saf_revoke_all(s), 7);
	saf_set_revoke(s, 3);
	saf_set_revoke_all(s, 0);
	assert_int_equal(saf_revoke_all(s), 0);
	saf_free(s);
}

/* One check for each user, so that no limit of a user is reached. */
static void
a_partner_s_hundredth_wrong_one_ends_its_checks(void **state)
{
	struct site *s = *state;
	char userid[NAME_SIZE];

	for (int i = 0; i < PASSWORD_GUESSES_MAX; i++) {
		snprintf(userid, sizeof userid, "N%d", i);
		assert_false(at_once(s, "ONE", userid, "wrong", PASSWORD_WRONG));
	}
	assert_true(at_once(s, "ONE", "FRED", "opensesame", PASSWORD_WRONG));
	assert_true(at_once(s, "ONE", "NEWNAME", "wrong", PASSWORD_WRONG));
	assert_int_equal(verify(s, "TWO", "FRED", "opensesame"), PASSWORD_RIGHT);
	assert_true(at_once(s, "ONE", "FRED", "opensesame", PASSWORD_WRONG)); /* remembered, but not checked */
	assert_int_equal(password_failures_count(passwords_failures(s->passwords), "FRED", "ONE").all, 0); /* without a check nothing is counted */
}

static void
a_right_one_between_begins_the_count_anew(void **state)
{
	struct site *s = *state;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(verify(s, "ONE", "FRED", "wrong"), PASSWORD_WRONG);
		assert_int_equal(verify(s, "ONE", "FRED", "wrong"), PASSWORD_WRONG);
		assert_int_equal(verify(s, "ONE", "FRED", "opensesame"), PASSWORD_RIGHT);
	}
}

static void
who_is_not_known_is_revoked_like_who_is(void **state)
{
	struct site *s = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(verify(s, "ONE", "NOBODY", "wrong"), PASSWORD_WRONG);
	assert_true(at_once(s, "ONE", "NOBODY", "wrong", PASSWORD_REVOKED));
	saf_set_revoke(s->saf, 0);
	assert_int_equal(verify(s, "ONE", "NOBODY", "wrong"), PASSWORD_WRONG);
}

/* Ten guesses at once, the right one last: its check had begun when the third failed. */
static void
guesses_on_their_way_do_not_outrun_the_count(void **state)
{
	struct site *s = *state;
	struct heard h[10] = { { 0 } };
	int wrong = 0, revoked = 0;

	for (int i = 0; i < 10; i++)
		begin(s, "ONE", "FRED", i < 9 ? "wrong" : "opensesame", &h[i]);
	ev_run(s->loop, 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(h[i].n, 1);
		wrong += h[i].answer == PASSWORD_WRONG;
		revoked += h[i].answer == PASSWORD_REVOKED;
	}
	assert_int_equal(wrong, 3);
	assert_int_equal(revoked, 7);
}

static void
hanging_up_early_saves_no_guess(void **state)
{
	struct site *s = *state;
	struct heard h = { 0 };

	for (int i = 0; i < 3; i++) {
		struct password_check *c = begin(s, "ONE", "FRED", "wrong", &h);

		assert_non_null(c);
		passwords_cancel(c);
		ev_run(s->loop, 0);
	}
	assert_int_equal(h.n, 0);
	assert_true(at_once(s, "ONE", "FRED", "opensesame", PASSWORD_REVOKED));
}

static void
a_flood_is_bounded_and_others_are_served_between(void **state)
{
	struct site *s = *state;
	struct heard flood[PASSWORDS_PER_IPCONN + 5] = { { 0 } }, echo = { 0 };
	int all = 0, busy = 0;

	saf_set_revoke(s->saf, 0);
	echo.all = &all;
	for (size_t i = 0; i < sizeof flood / sizeof *flood; i++) {
		flood[i].all = &all;
		begin(s, "FLOOD", "FRED", "wrong", &flood[i]);
		busy += flood[i].n == 1 && flood[i].answer == PASSWORD_BUSY;
	}
	assert_int_equal(busy, 5 - PASSWORD_THREADS); /* those that threads work on do not wait */
	begin(s, "OTHER", "ANNA", "x", &echo);
	ev_run(s->loop, 0);
	assert_int_equal(echo.n, 1);
	assert_int_equal(echo.answer, PASSWORD_RIGHT);
	assert_in_range(echo.at - busy, 1, 2 * PASSWORD_THREADS + 1);
	assert_int_equal(all, (int)(sizeof flood / sizeof *flood) + 1);
}

static void
a_check_that_waits_can_be_cancelled(void **state)
{
	struct site *s = *state;
	struct heard kept = { 0 }, gone = { 0 };
	struct password_check *c[6];

	for (int i = 0; i < 6; i++)
		c[i] = begin(s, "ONE", "FRED", "opensesame", i % 2 ? &gone : &kept);
	passwords_cancel(c[5]);
	passwords_cancel(c[3]);
	passwords_cancel(c[1]);
	ev_run(s->loop, 0);
	assert_int_equal(kept.n, 3);
	assert_int_equal(gone.n, 0);
}

static void
the_end_waits_for_nobody_that_waits(void **state)
{
	struct site *s = *state;
	struct heard h = { 0 };

	for (int i = 0; i < 10; i++)
		begin(s, i % 2 ? "ONE" : "TWO", "FRED", "opensesame", &h);
	passwords_free(s->passwords);
	s->passwords = NULL;
	ev_run(s->loop, EVRUN_NOWAIT);
	assert_int_equal(h.n, 0);
}

static void
names_and_passwords_that_are_too_long_are_nobodys(void **state)
{
	struct site *s = *state;
	char longest[PASSWORD_SIZE + 1];

	memset(longest, 'x', sizeof longest);
	longest[PASSWORD_SIZE] = '\0';
	assert_int_equal(verify(s, "ONE", "FRED", longest), PASSWORD_WRONG);
	for (int i = 0; i < 5; i++)
		verify(s, "ONE", "FREDFREDX", "wrong");
	assert_int_equal(verify(s, "ONE", "FREDFRED", "wrong"), PASSWORD_WRONG); /* the failures of another name did not revoke it */
	assert_int_equal(verify(s, "ONE", "FRED", "opensesame"), PASSWORD_RIGHT);
}

static void
without_a_model_nobody_is_right(void **state)
{
	struct site *s = *state;
	struct heard h = { 0 };

	passwords_verify(s->passwords, NULL, &(struct password_question){ "ONE", "ONE", "FRED", "opensesame" }, hear, &h);
	ev_run(s->loop, 0);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.answer, PASSWORD_WRONG);
}

static void
a_decoy_is_somebodys_and_always_the_same(void **state)
{
	struct site *s = *state;
	struct saf *empty = saf_new();
	struct scrypt parsed;

	for (char name[2] = "A"; *name <= 'Z'; (*name)++) {
		const char *decoy = saf_decoy(s->saf, name);

		assert_true(strcmp(decoy, SESAME) == 0 || strcmp(decoy, ODD) == 0);
		assert_ptr_equal(decoy, saf_decoy(s->saf, name));
	}
	assert_int_equal(scrypt_parse(&parsed, saf_decoy(empty, "X"), NULL), 0);
	assert_int_equal(scrypt_parse(&parsed, saf_decoy(NULL, "X"), NULL), 0);
	saf_free(empty);
}

/* Without memory for the hash: no failure is counted, and the answer is not yes. */
static void
a_hash_that_cannot_be_made_is_held_against_nobody(void **state)
{
	struct site *s = *state;

	add_user(s->saf, "LAME", "scrypt:no hash", false);
	for (int i = 0; i < 5; i++)
		assert_int_equal(verify(s, "ONE", "LAME", "opensesame"), PASSWORD_BUSY);
}

#define SITE_TEST(f) cmocka_unit_test_setup_teardown(f, open_site, close_site)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_of_others_are_understood),
		cmocka_unit_test(a_new_hash_is_right_for_its_password_only_and_never_the_same),
		cmocka_unit_test(what_is_no_hash_is_refused),
		cmocka_unit_test(failures_are_counted_per_user_and_partner_and_summed_up),
		cmocka_unit_test(made_up_names_push_no_real_one_out),
		cmocka_unit_test(many_partners_push_no_user_s_sum_out),
		cmocka_unit_test(a_hundred_guesses_of_a_partner_end_its_minute),
		cmocka_unit_test(other_partners_do_not_begin_its_minute_anew),
		SITE_TEST(a_right_password_is_right),
		SITE_TEST(who_cannot_log_on_costs_a_hash_all_the_same),
		SITE_TEST(a_burst_of_right_ones_is_right_to_the_last),
		cmocka_unit_test(a_success_lasts_as_long_as_was_said),
		SITE_TEST(a_success_is_remembered_until_told_to_forget),
		SITE_TEST(another_stored_hash_is_another_password),
		SITE_TEST(wrong_passwords_in_a_row_revoke_there_and_only_there),
		SITE_TEST(a_right_one_between_begins_the_count_anew),
		SITE_TEST(an_ipconn_of_another_name_is_the_same_partner),
		SITE_TEST(a_user_is_revoked_everywhere_after_wrong_ones_of_all_partners),
		SITE_TEST(ten_times_revoke_is_the_bound_over_all_unless_it_is_said),
		SITE_TEST(a_partner_s_hundredth_wrong_one_ends_its_checks),
		SITE_TEST(who_is_not_known_is_revoked_like_who_is),
		SITE_TEST(guesses_on_their_way_do_not_outrun_the_count),
		SITE_TEST(hanging_up_early_saves_no_guess),
		SITE_TEST(a_flood_is_bounded_and_others_are_served_between),
		SITE_TEST(a_check_that_waits_can_be_cancelled),
		SITE_TEST(the_end_waits_for_nobody_that_waits),
		SITE_TEST(names_and_passwords_that_are_too_long_are_nobodys),
		SITE_TEST(without_a_model_nobody_is_right),
		SITE_TEST(a_decoy_is_somebodys_and_always_the_same),
		SITE_TEST(a_hash_that_cannot_be_made_is_held_against_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
