/* SPDX-License-Identifier: Apache-2.0 */
/* reason: the reasons for which a CAPEX is refused (IPIC.md 8.2), each with its status and response class. */
#ifndef SALLYPORT_REASON_H
#define SALLYPORT_REASON_H

/* X(word, HTTP status, response class) (IPIC.md 8.2). */
#define REASONS(X) \
	X(AUTOINSTALL_FAILED, 403, "EXCEPTION") \
	X(CAPEX_RACE, 403, "EXCEPTION") \
	X(HA_RESOURCE_MISMATCH, 403, "EXCEPTION") \
	X(INVALID_HA_TCPIPSERVICE, 403, "EXCEPTION") \
	X(INVALID_PARTNER_STATE, 403, "EXCEPTION") \
	X(ISCE_BAD_RECOV, 403, "EXCEPTION") \
	X(ISCE_ERROR, 400, "INVALID") \
	X(ISCE_INVALID_APPLID, 403, "EXCEPTION") \
	X(ISCE_TIMED_OUT, 403, "EXCEPTION") \
	X(NO_IPCONN, 403, "EXCEPTION") \
	X(ONE_WAY_IPCONN, 403, "EXCEPTION") \
	X(SECURITY_VIOLATION, 403, "EXCEPTION") \
	X(SESSION_OPEN_FAILED, 403, "EXCEPTION") \
	X(SHUTDOWN, 503, "EXCEPTION") \
	X(TCPIPSERVICE_MISMATCH, 403, "EXCEPTION") \
	X(TCPIPSERVICE_NOT_OPEN, 403, "EXCEPTION")

enum reason {
	REASON_OK,
#define X(r, status, response) REASON_##r,
	REASONS(X)
#undef X
};
const char *reason_name(enum reason r);
int reason_status(enum reason r);
const char *reason_response(enum reason r);

#endif
