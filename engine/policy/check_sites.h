/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_sites: the calls of policy.check in the text of a script, also by a local name: `local check = policy.check`.
 */
#ifndef SALLYPORT_CHECK_SITES_H
#define SALLYPORT_CHECK_SITES_H

#include <stddef.h>

/*
 * Calls found() for each call, in order; name: the bytes between the quotes of its first argument, NULL when that is
 * another expression. -1: no memory.
 */
int check_sites(const char *text, size_t len, void (*found)(void *arg, int line, const char *name, size_t name_len), void *arg);

#endif
