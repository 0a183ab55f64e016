/* SPDX-License-Identifier: Apache-2.0 */
/* ipset: a set of IPv4 and IPv6 prefixes; finds the longest prefix that holds an address. Immutable once sealed. */
#ifndef SALLYPORT_IPSET_H
#define SALLYPORT_IPSET_H

#include "base/addr.h"

#define IPSET_MAX 0xffffff /* prefixes of a family that can be added; some more than 16 million */

struct ipset;

struct ipset *ipset_new(void);          /* NULL: no memory */
void ipset_free(struct ipset *s);       /* NULL is fine */
/*
 * Adds a prefix with a value of the caller, an index from 0 to UINT32_MAX. A prefix that is added twice keeps the later
 * value. -1: no memory, another value, or one prefix more than IPSET_MAX.
 */
int ipset_add(struct ipset *s, const struct addr_prefix *p, long value);
/* Sorts. To be called once, after the last ipset_add and before the first ipset_find. -1: no memory. */
int ipset_seal(struct ipset *s);
/* The number of different prefixes. */
size_t ipset_count(const struct ipset *s);
/* True when a prefix of the set holds a; *longest and *value are the longest one and its value (both may be NULL). */
bool ipset_find(const struct ipset *s, const struct addr *a, struct addr_prefix *longest, long *value);

#endif
