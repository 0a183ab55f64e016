/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_script: the atomic steps that the server runs as scripts (EVALSHA). They know the time by the server's clock
 * alone. Each answers a text of words.
 */
#ifndef SALLYPORT_STORE_SCRIPT_H
#define SALLYPORT_STORE_SCRIPT_H

enum store_script {
	/*
	 * Key: the value. Arguments: the step, the milliseconds after which a new value ends (0: never). Answers the
	 * sum. A value that is no integer is an error of the server.
	 */
	STORE_SCRIPT_INCR,
	/*
	 * Key: the counter. Arguments: min, max, wrap (0 or 1), expires in seconds (0: never), 0 to change nothing.
	 * Answers "number N", "exhausted N" with the last number, or "other SECONDS" with the counter's own expires.
	 */
	STORE_SCRIPT_COUNTER_NEXT,
	/* Key: the counter. Argument: expires. Answers "number N", "unused" or "other SECONDS". */
	STORE_SCRIPT_COUNTER_PEEK,
	/*
	 * Key: the bucket. Arguments: count, per, burst, n, the tokens that were spent without the store, 0 to change
	 * nothing. Answers "taken LEFT 0" or "wait LEFT SECONDS", with the tokens before the take.
	 */
	STORE_SCRIPT_RATE_TAKE,
	/*
	 * Key: the regions. Arguments: the caller's id, the milliseconds after which a region that did not call is
	 * forgotten. Answers the number of regions.
	 */
	STORE_SCRIPT_REGIONS,
	/*
	 * Key: the sysplex. Arguments: the caller's incarnation, the milliseconds of its lease, the run_id of the
	 * server, the epoch that the caller knows ("" none), the incarnation that it was before ("" none), its words.
	 * Renews the session key of the incarnation. Answers a list: "gone" when that key has ended; else "epoch ID
	 * MILLISECONDS" with the rest of the time in which the store is new, "new" in front when the caller did not
	 * know it; then "living INCARNATION WORDS" and "lost INCARNATION WORDS" for each region, and the notes for the
	 * caller: "note probe PAIR", "note beaten PAIR REGION", "note contested PAIR REGION".
	 */
	STORE_SCRIPT_MEMBER,
	/* Key: the sysplex. Argument: the caller's incarnation. Ends its session key; the region is not lost then. */
	STORE_SCRIPT_MEMBER_END,
	/*
	 * Key: the sysplex. Arguments: the caller's incarnation, the milliseconds of its lease, the run_id of the
	 * server, the name ("" none), the pair, the number, the ordinal, the caller's region. The number: "0" for a new
	 * claim; one that the caller holds already has its number, or "local" for none. Answers "granted NUMBER BEATEN
	 * OVER", with the region whose later claim ends and the lost region that had it ("-" none); "pair REGION" or
	 * "name REGION" with the region that holds it; "new MILLISECONDS" when the store is new; "gone" when the
	 * caller's session key has ended. Numbers rise; one is at least the milliseconds of the server's clock, so that
	 * a claim which a replica did not get is before those that it grants as the new master.
	 */
	STORE_SCRIPT_CLAIM,
	/* Key: the sysplex. Arguments: the caller's incarnation, the ordinal, the name, the pair. Ends that claim. */
	STORE_SCRIPT_CLAIM_END,
	/* Key: the sysplex. Argument: a pair. Answers "held REGION" with the living region that holds it, or "free". */
	STORE_SCRIPT_HOLDER,
	/*
	 * Key: the rules of a sysplex (store/rules.h). Arguments: the caller's region, its report; "" none. Answers the
	 * head of all regions, that of the canary, and the reports, each a text.
	 */
	STORE_SCRIPT_RULES,
	/* Key: a bundle. Arguments: the first byte, the bytes. Answers "written". */
	STORE_SCRIPT_RULES_PIECE,
	/*
	 * Key: the rules of a sysplex. Arguments: serial, digest and size of the bundle, the region of a canary or "".
	 */
	STORE_SCRIPT_RULES_PUBLISH,
	STORE_SCRIPTS
};

/* The text of the script; static. */
const char *store_script_text(enum store_script s);

#endif
