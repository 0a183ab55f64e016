/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share: a part of the new connections, chosen when the socket is accepted or dialled: a percentage by a keyed hash, so
 * that a peer cannot choose its side; the addresses of a network; the connections of one listener. All conditions that
 * are given must hold.
 */
#ifndef SALLYPORT_SHARE_H
#define SALLYPORT_SHARE_H

#include <stdint.h>

#include "base/addr.h"
#include "base/name.h"

struct share {
	uint64_t key;                 /* drawn at random by share_draw; not 0 */
	double percent;               /* above 0, at most 100 */
	char tcpipservice[NAME_SIZE]; /* only connections that this listener accepts; "": all, dialled ones too */
	bool by_peer;                 /* only peers of this network */
	struct addr_prefix peer;
};

/* Draws the key. -1: no random bytes. */
int share_draw(struct share *s);
/*
 * Whether the share has the connection from that address that the listener accepts: by the hash of the listener and of
 * the IPv4 address, or of the /64 of an IPv6 address, in which a partner takes any address.
 */
bool share_has_accepted(const struct share *s, const char *tcpipservice, const struct addr *peer);
/*
 * Whether the share has the connections that the region dials for that ipconn: by the hash of its name. host: the
 * address or name to dial; a name is in no network. A share of one listener has no dialled connection.
 */
bool share_has_dialled(const struct share *s, const char *ipconn, const char *host);

#endif
