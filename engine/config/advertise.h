/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advertise: the attribute of a generic tcpipservice that names, for each region of the sysplex, the address of its
 * specific tcpipservice. Its text is words "REGION=HOST:PORT". REGION is NETWORKID.APPLID, or APPLID for the networkid
 * of the own region. HOST is a name, an IPv4 address, or an IPv6 address in brackets.
 */
#ifndef SALLYPORT_ADVERTISE_H
#define SALLYPORT_ADVERTISE_H

#include <stdbool.h>

#include "base/name.h"

#define ADVERTISE_SIZE (2 * PATH_SIZE) /* bytes of the text, with its NUL */
#define ADVERTISE_MAX 100              /* regions in it */

struct advertised {
	char region[NAME_PAIR_SIZE]; /* NETWORKID.APPLID */
	char host[HOST_SIZE];
	int port;
};

/*
 * Reads the word at *text into *out and moves *text to the next word. networkid: for a REGION without a NETWORKID.
 * False at the end of the text, where *text stays; false also for a word of another form, where *text stays at that
 * word.
 */
bool advertise_next(const char **text, const char *networkid, struct advertised *out);
/*
 * Finds the address of a region (NETWORKID.APPLID) in a text that has been checked. False: the text lacks that region.
 */
bool advertise_find(const char *text, const char *networkid, const char *region, struct advertised *out);

#endif
