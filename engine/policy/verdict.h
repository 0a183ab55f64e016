/* SPDX-License-Identifier: Apache-2.0 */
/* verdict: the answer of a policy, as plain data. All zero is a refusal, so that a forgotten branch refuses. */
#ifndef SALLYPORT_VERDICT_H
#define SALLYPORT_VERDICT_H

#include <stdbool.h>

#include "base/digits.h"
#include "base/name.h"

enum verdict_kind { VERDICT_REFUSE = 0, VERDICT_ACCEPT, VERDICT_INSTALL, VERDICT_PASS };

struct verdict {
	enum verdict_kind kind;
	char code[CODE_SIZE];  /* [a-z0-9_]{1,32}; refusals only */
	char text[TEXT_SIZE];  /* at most 200 bytes, any bytes but NUL; never sent to a peer */
	char file[PLACE_SIZE]; /* of the script line that made the verdict; "" when the engine made it */
	int line;
	char userid[NAME_SIZE]; /* accept at certify */
	bool sysplex;           /* accept at admit */
	struct {                /* install; "" or no has_ flag: the value of the CAPEX stays */
		char ipconn[NAME_SIZE];
		char template[NAME_SIZE];
		char applid[NAME_SIZE];
		char host[HOST_SIZE];
		int port;
		bool has_host, has_port;
	} install;
};

/* The name of a kind of verdict ("refuse"); static. */
const char *verdict_name(enum verdict_kind k);

/* The name of the first grant in which two verdicts that let in differ ("userid", "template"; static); NULL: none. */
const char *verdict_other_grant(const struct verdict *a, const struct verdict *b);
#define VERDICT_PLACE_SIZE (PLACE_SIZE + DIGITS_MAX + 2)
/* Prints the line of the script that made the verdict, "policies/lan.lua:14"; "": the engine made it. Returns out. */
const char *verdict_place(const struct verdict *v, char out[VERDICT_PLACE_SIZE]);
/* Makes *v a refusal by the engine: code and a printf text, cut at 200 bytes, without a place. */
void verdict_refuse(struct verdict *v, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
