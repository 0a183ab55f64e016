/* SPDX-License-Identifier: Apache-2.0 */
/* explain: a connection's record as an account a person can read: who came, what each door was asked and answered, and why. */
#ifndef SALLYPORT_EXPLAIN_H
#define SALLYPORT_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

/* Prints one account for each element of what records_explain gave. Nothing is printed unescaped. */
void explain_print(FILE *to, const json_t *records);

#endif
