/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/alert.h"

#include <stdio.h>

/* The names of RFC 8446, and the few of RFC 5246 that are still sent. */
static const struct {
	int number;
	const char *name;
} alerts[] = {
	{ 0, "close_notify" }, { 10, "unexpected_message" }, { 20, "bad_record_mac" }, { 22, "record_overflow" },
	{ 30, "decompression_failure" }, { 40, "handshake_failure" }, { 41, "no_certificate" }, { 42, "bad_certificate" },
	{ 43, "unsupported_certificate" }, { 44, "certificate_revoked" }, { 45, "certificate_expired" },
	{ 46, "certificate_unknown" }, { 47, "illegal_parameter" }, { 48, "unknown_ca" }, { 49, "access_denied" },
	{ 50, "decode_error" }, { 51, "decrypt_error" }, { 70, "protocol_version" }, { 71, "insufficient_security" },
	{ 80, "internal_error" }, { 86, "inappropriate_fallback" }, { 90, "user_canceled" }, { 100, "no_renegotiation" },
	{ 109, "missing_extension" }, { 110, "unsupported_extension" }, { 112, "unrecognized_name" },
	{ 113, "bad_certificate_status_response" }, { 115, "unknown_psk_identity" }, { 116, "certificate_required" },
	{ 120, "no_application_protocol" },
};

void
alert_name(char *out, size_t size, int number)
{
	size_t i;

	for (i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (alerts[i].number == number) {
			snprintf(out, size, "%s", alerts[i].name);
			return;
		}
	snprintf(out, size, "alert_%d", number);
}
