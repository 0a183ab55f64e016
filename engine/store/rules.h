/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: the published rules of a sysplex in the store. A bundle (region/bundle.h) lies under its SHA-256. Two heads
 * name the bundle that all regions shall take, and one that a single region (the canary) shall take first. Each region
 * that follows leaves a report. Nothing here is trusted: a region takes rules by their signature, not because the
 * store names them.
 *
 * Functions that ask return the call, for store_cancel, and call done as store_question says; NULL with a sentence:
 * the store is down, or no memory. Strings are borrowed during the call.
 */
#ifndef SALLYPORT_RULES_H
#define SALLYPORT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "store/store.h"

#define RULES_REGION (2 * NAME_SIZE) /* "NETWORKID.APPLID" and a NUL */
#define RULES_DIGEST 65
#define RULES_WHY 200
#define RULES_REPORTS 200         /* that are read */
#define RULES_READ (256 * 1024)   /* bytes that are read at once */
#define RULES_WRITE 24576         /* bytes that are written at once */
#define RULES_SILENT_SECONDS 10.0 /* a report that is older is of a region that is gone or cannot reach the store */

struct rules_head { /* serial 0: no bundle was published */
	uint64_t serial;
	size_t size;
	char digest[RULES_DIGEST];
	char region[RULES_REGION]; /* of the head of the canary: that region; "" all */
};

struct rules_report { /* of a region that follows */
	char region[RULES_REGION];
	double age;          /* seconds, by the server's clock */
	uint64_t taken;      /* the serial in use; 0: none */
	uint64_t expires;    /* of the rules in use, seconds since 1970; 0: never */
	uint64_t refused;    /* the serial that the region refused last, until it takes others; 0: none */
	char why[RULES_WHY]; /* printable; the reason of the refusal */
};

struct rules_news {
	struct rules_head all, canary;
	size_t n;
	struct rules_report report[RULES_REPORTS];
};

typedef void (*rules_done)(void *arg, const struct store_reply *reply, const char *why);

/* Leaves the report (NULL: none), and asks for the news. */
struct store_call *rules_ask(struct store *s, const char *sysplex, const struct rules_report *own, rules_done done, void *arg, struct fault *f);
/* Reads the answer. An item that is no head and no report is left out. -1: it is no answer. */
int rules_read_news(const struct store_reply *r, struct rules_news *out);
/* Asks for at most n bytes of a bundle, from the byte `from` on: a text. */
struct store_call *rules_read(struct store *s, const char *sysplex, const char *digest, size_t from, size_t n, rules_done done, void *arg, struct fault *f);
/*
 * Writes a piece of at most RULES_WRITE bytes of a bundle that is not published yet. The store forgets it after ten
 * minutes, unless a head names it.
 */
struct store_call *rules_write(struct store *s, const char *sysplex, const char *digest, size_t from, const void *bytes, size_t n, rules_done done, void *arg,
	struct fault *f);
/*
 * Makes h the head of all regions, or of its region alone. Answers a text: "published"; "missing": the store has no
 * such bundle; "all N", "canary N": the serial of that head is N, which is higher, or the same of another bundle.
 */
struct store_call *rules_publish(struct store *s, const char *sysplex, const struct rules_head *h, rules_done done, void *arg, struct fault *f);
struct rules_above { /* a published head with a serial as high as the one to be published, or higher */
	uint64_t serial;
	bool canary;
};

/* Reads "all N" or "canary N", such an answer. False: the answer has another form. */
bool rules_read_above(const struct store_reply *r, struct rules_above *out);
/* Whether a text is a SHA-256 in lower-case hex. */
bool rules_is_digest(const char *text);

#endif
