/* SPDX-License-Identifier: Apache-2.0 */
/* inquire: what a region looks like now, as rows of JSON for operators (DESIGN 3.2). */
#ifndef SALLYPORT_INQUIRE_H
#define SALLYPORT_INQUIRE_H

#include <jansson.h>

#include "fault.h"

struct region;

/*
 * The rows of `what`: region, tcpipservice, ipconn, socket or policy; of one NAME only when name is not NULL (CICS names in any
 * case). Every attribute of the definition in lower case with CVDA values in upper case, and what is known beside it. New array; NULL
 * with a sentence: no such thing.
 *
 *   region        applid networkid generation workers status sockets ipconns started file, and its attributes
 *   tcpipservice  tcpipservice port openstatus connections halfopen urm, and its attributes
 *   ipconn        ipconn connstatus servstatus autoinstalled template generation peer sockets clientloc, and its attributes
 *   socket        connection stage way peer own ipconn tcpipservice generation tls cipher userid
 *   policy        policy path doors generation current age memory connections used_by; one row a script and living generation
 */
json_t *inquire_rows(const struct region *r, const char *what, const char *name, struct fault *f);

#endif
