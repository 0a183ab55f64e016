/* SPDX-License-Identifier: Apache-2.0 */
/* alert: the names of TLS alerts. */
#ifndef SALLYPORT_ALERT_H
#define SALLYPORT_ALERT_H

#include <stddef.h>

/* Puts the alert's name into out, in RFC 8446's words ("bad_certificate"); "alert_N" when it has none. */
void alert_name(char *out, size_t size, int number);

#endif
