/* SPDX-License-Identifier: Apache-2.0 */
/* alert: the names of TLS alerts. */
#ifndef SALLYPORT_ALERT_H
#define SALLYPORT_ALERT_H

#include <stddef.h>

/* Puts the alert's name of RFC 8446 ("bad_certificate") into out; "alert_N" when the number has no name. */
void alert_name(char *out, size_t size, int number);

#endif
