/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage: how much of a connection is known, as scripts see it in facts.stage. Each stage adds facts to those of the
 * stages before it.
 */
#ifndef SALLYPORT_STAGE_H
#define SALLYPORT_STAGE_H

/* X(id, name), in the order in which a connection passes them. */
#define STAGES(X) \
	X(TCP, "tcp")         /* addresses */ \
	X(TLS, "tls")         /* the certificate, where one was presented */ \
	X(CAPEX, "capex")     /* the capability exchange */ \
	X(REQUEST, "request") /* a request on an installed connection */

enum stage {
#define X(id, name) STAGE_##id,
	STAGES(X)
#undef X
	STAGE_COUNT
};

/* "tcp", "tls", "capex" or "request". The text is static. */
const char *stage_name(enum stage s);

#endif
