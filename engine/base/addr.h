/* SPDX-License-Identifier: Apache-2.0 */
/* addr: an IPv4 or IPv6 address with a port; prefixes. A v4-mapped IPv6 address is always converted to IPv4. */
#ifndef SALLYPORT_ADDR_H
#define SALLYPORT_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/fault.h"

#define ADDR_TEXT 64 /* "[ipv6]:port" and its NUL fit */

struct addr {
	uint8_t family;    /* 0 none, 4, 6 */
	uint16_t port;     /* host byte order */
	uint8_t bytes[16]; /* network order; 4 used for IPv4, the rest zero */
};

struct addr_prefix {
	uint8_t family; /* 4 or 6 */
	uint8_t bits;
	uint8_t bytes[16]; /* host bits are zero */
};

/* From the address that accept() or getsockname() returned; a v4-mapped one becomes IPv4. -1: another family. */
int addr_from_sockaddr(struct addr *a, const struct sockaddr *sa);
/* Fills *to for bind() or connect(). Returns its length in bytes. */
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out);

/*
 * Reads numeric text only ("127.0.0.1", "::1", "::ffff:1.2.3.4"): no octal numbers, no short forms, no zone. -1:
 * malformed.
 */
int addr_parse(struct addr *a, const char *text, int port);
/* Splits "HOST:PORT" or "[V6]:PORT" (HOST may be a name; port 0 to 65535). -1 with a sentence. */
int addr_split(const char *text, char *host, size_t size, int *port, struct fault *f);

const char *addr_ip(const struct addr *a, char *out, size_t size);    /* "127.0.0.1" */
const char *addr_print(const struct addr *a, char *out, size_t size); /* "127.0.0.1:1491", "[::1]:1491" */
/*
 * True for 0.0.0.0 and ::. A listener there takes connections to any address; a client that connects there reaches its
 * own host.
 */
bool addr_is_any(const struct addr *a);
/* True for 127.0.0.0/8 and ::1. */
bool addr_is_loopback(const struct addr *a);
/* The same for a host's name or an address in numbers; of the names only localhost is one. */
bool addr_host_is_loopback(const char *host);
/* True when the IP addresses are equal; the ports are not compared. */
bool addr_same_ip(const struct addr *a, const struct addr *b);

/*
 * Reads "10.0.0.0/8", "10.1.2.3" (= /32) or "2001:db8::/32". -1 with a sentence; host bits that are set are a fault
 * that names the network meant.
 */
int addr_prefix_parse(struct addr_prefix *p, const char *text, size_t len, struct fault *f);
/* True when the address lies inside the prefix; never for an address of the other family. */
bool addr_prefix_holds(const struct addr_prefix *p, const struct addr *a);
/* The prefix by which limits count a neighbourhood: IPv4 /24, IPv6 /48. */
struct addr_prefix addr_neighbourhood(const struct addr *a);
/* The prefix by which limits count one partner: IPv4 /32, IPv6 /64. */
struct addr_prefix addr_subnet(const struct addr *a);
/* Prints "10.0.0.0/8" into out. Returns out. */
const char *addr_prefix_print(const struct addr_prefix *p, char *out, size_t size);

#endif
