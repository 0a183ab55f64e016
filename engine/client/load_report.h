/* SPDX-License-Identifier: Apache-2.0 */
/* load_report: the report of a load, as text or as one JSON object. */
#ifndef SALLYPORT_LOAD_REPORT_H
#define SALLYPORT_LOAD_REPORT_H

#include "client/load_tally.h"

/* Prints on stdout; t is sorted. requests: there were to be requests. */
void load_report_text(const struct load_tally *t, bool requests);
void load_report_json(const struct load_tally *t, bool requests);

#endif
