/* SPDX-License-Identifier: Apache-2.0 */
/* ipset: an immutable set of prefixes, IPv4 and IPv6, asked for the longest one that holds an address. */
#ifndef SALLYPORT_IPSET_H
#define SALLYPORT_IPSET_H

#include "base/addr.h"

struct ipset;

struct ipset *ipset_new(void);          /* NULL: no memory */
void ipset_free(struct ipset *s);       /* NULL is fine */
/* Adds a prefix with a value of the caller's (an index). Adding one twice keeps the later value. -1: no memory. */
int ipset_add(struct ipset *s, const struct addr_prefix *p, long value);
/* Sorts; call once after the last add, before the first look-up. -1: no memory. */
int ipset_seal(struct ipset *s);
size_t ipset_count(const struct ipset *s);
/* True when some prefix holds a; the longest one and its value are given (both may be NULL). */
bool ipset_find(const struct ipset *s, const struct addr *a, struct addr_prefix *longest, long *value);

#endif
