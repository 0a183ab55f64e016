/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password_guesses: counts wrong passwords of one partner within a minute, over all users. The memory is bounded: with
 * many partners the oldest are dropped.
 */
#ifndef SALLYPORT_PASSWORD_GUESSES_H
#define SALLYPORT_PASSWORD_GUESSES_H

#include <stdbool.h>

#define PASSWORD_GUESSES_MAX 100
#define PASSWORD_GUESSES_SECONDS 60
#define PARTNER_SIZE 65 /* a certificate's SHA-256 in hex, or "2001:db8::/64" */

struct password_guesses;

struct password_guesses *password_guesses_new(void); /* NULL: no memory */
void password_guesses_free(struct password_guesses *g); /* NULL is allowed */
/* Adds one at `now` (seconds of a monotonic clock). True: this one reaches PASSWORD_GUESSES_MAX. */
bool password_guesses_add(struct password_guesses *g, const char *partner, double now);
/*
 * Whether PASSWORD_GUESSES_MAX was reached in the minute that began with the partner's first wrong password and has not
 * ended.
 */
bool password_guesses_reached(const struct password_guesses *g, const char *partner, double now);

#endif
