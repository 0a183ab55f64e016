/* SPDX-License-Identifier: Apache-2.0 */
/* sense: sense codes of IS7 (IPIC.md 3.1), and the codes of DFHIS1023 and DFHIS1025. */
#ifndef SALLYPORT_SENSE_H
#define SALLYPORT_SENSE_H

/* The sense of an IS7 answer. */
#define SENSES(X) \
	X(ACCESS_DENIED, 0x080F0983, "access denied") \
	X(SECURITY_NOT_VALID, 0x080F6051, "security not valid") \
	X(BACKED_OUT, 0x08240000, "conversation no longer valid; its task is backed out") \
	X(QUIESCING, 0x08390000, "attach rejected: the region is quiescing") \
	X(DISABLED, 0x084C0000, "attach rejected: known but disabled") \
	X(ABENDED, 0x08640001, "the task abended") \
	X(SYSTEM_ERROR, 0x1008600B, "system error") \
	X(UNKNOWN, 0x10086021, "attach rejected: unknown")

enum sense {
	SENSE_NONE = 0,
#define X(name, code, words) SENSE_##name = code,
	SENSES(X)
#undef X
};

/*
 * The checks that a receiver makes (codes of DFHIS1023). The last four are twins of earlier codes, while a previous
 * task is active.
 */
#define CONVERSATION_ERRORS(X) \
	X(0614, "the session's task is not waiting for data") \
	X(061C, "the task could not be resumed") \
	X(061D, "no free session for a new request") \
	X(061E, "the session is not in RECEIVE state") \
	X(0629, "the chain state is not the session's") \
	X(062A, "a chain element came before the pacing message was sent") \
	X(062D, "bad message sequence number") \
	X(062E, "bad chain sequence number") \
	X(062F, "unrecognised CCSID") \
	X(0630, "data for a task no longer active") \
	X(0632, "data for a new task while the previous one is active and in the wrong state") \
	X(0633, "the chain state is not the session's; the previous task is active") \
	X(0634, "a chain element came before the pacing message was sent; the previous task is active") \
	X(0635, "bad chain sequence number; the previous task is active") \
	X(0636, "bad message sequence number; the previous task is active")

enum conversation_error {
	CONV_OK = 0,
#define X(code, words) CONV_##code = 0x##code,
	CONVERSATION_ERRORS(X)
#undef X
};

#define SENSE_TEXT 9
#define MESSAGE_SIZE 10 /* of the message id in an IS7, "DFHIS1025" */
/* Prints a sense as operators and IBM write it, "080F6051". Returns out. */
const char *sense_print(unsigned sense, char out[SENSE_TEXT]);
/* The sentence of a code; "" for an unknown code. Static. */
const char *sense_words(unsigned sense);
const char *sense_error_words(enum conversation_error e);

#endif
