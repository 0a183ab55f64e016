/* SPDX-License-Identifier: Apache-2.0 */
/* replay_report: the result of a replay, for people or as JSON. */
#ifndef SALLYPORT_REPLAY_REPORT_H
#define SALLYPORT_REPLAY_REPORT_H

#include <stdio.h>

#include "candidate/expectations.h"
#include "candidate/replay.h"

/*
 * Prints the differences, grouped by cause: newly accepted connections first, then newly refused, changed and unknown
 * ones; then the totals. Text of a peer or a script is escaped. seconds: the time that the replay took.
 */
void replay_report_print(FILE *to, const struct replay_result *r, double seconds);
/* Prints one JSON object (engine/admin/README.md). */
void replay_report_json(FILE *to, const struct replay_result *r, double seconds);
/*
 * The number of newly accepted and unknown connections that no line of e (NULL: none) covers. Prints a sentence on
 * stderr for each line that covers none.
 */
size_t replay_report_unexpected(const struct replay_result *r, struct expectations *e);

#endif
