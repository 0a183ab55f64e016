/* SPDX-License-Identifier: Apache-2.0 */
/* name: the sizes of names and texts that all folders use, and the two syntaxes of names. */
#ifndef SALLYPORT_NAME_H
#define SALLYPORT_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Sizes in bytes, including the NUL. */
#define NAME_SIZE 9   /* CICS names: at most 8 characters and a NUL */
#define HOST_SIZE 117 /* ISAIC_HOST is CL116 (IPIC.md 6.2) */
#define CODE_SIZE 33
#define TEXT_SIZE 201
#define PLACE_SIZE 128
#define CONNECTION_SIZE 24
#define TOKEN_SIZE 23 /* 128 bits in base64url, and a NUL */
#define LOGNAME_SIZE 17 /* the name of a region's recovery log: 16 hex digits, and a NUL */
#define RESPONSE_SIZE 16 /* the class of an answer, such as "EXCEPTION" */
#define REASON_SIZE 32 /* the reason of an answer, such as "AUTOINSTALL_FAILED" */
#define PATH_SIZE 512 /* a path as it is passed to open(): the directory of region.lua and the path of the definition */
#define VALUE_SIZE 256
#define SCRIPT_SIZE 65
#define LABEL_SIZE 33
#define SCRIPT_HASH_SIZE 13 /* the first digits of the SHA-256 of a script's bytes, or of a generation's parts, and a NUL */
#define TRAN_SIZE 5
#define PASSWORD_SIZE 101 /* a password or a phrase of at most 100 bytes */

#define NAME_PAIR_SIZE (2 * NAME_SIZE) /* "NETWORKID.APPLID" */

/* The side that dialled a connection: the partner (in) or the region itself (out). */
enum way { WAY_IN, WAY_OUT };

/* True when the n bytes at p are a CICS name: [A-Z0-9$@#]{1,8} (IPIC.md 5.2, with digits at the front allowed). */
bool name_ok(const char *p, unsigned long n);
/* True when the n bytes at p are a verdict code: [a-z0-9_]{1,32}. */
bool name_code_ok(const char *p, unsigned long n);
/* Whether the text is two CICS names with a period between them. */
bool name_pair_ok(const char *text);
/* Writes two names with a period between them to out, and returns the length. */
size_t name_pair(const char *networkid, const char *applid, char out[NAME_PAIR_SIZE]);

#endif
