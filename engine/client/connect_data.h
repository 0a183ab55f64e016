/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_data: the requests of `sallyport connect`: their heads, their data and the password, from the command line
 * and from files.
 */
#ifndef SALLYPORT_CONNECT_DATA_H
#define SALLYPORT_CONNECT_DATA_H

#include "client/connect_options.h"

/*
 * Fills o from the command line; reads the files that it names, and overwrites the password in argv. -1: a value is not
 * valid, or a file cannot be read; stderr has the sentence. In both cases the caller frees o by connect_data_free.
 */
int connect_data_fill(const struct connect_line *l, struct connect_requests_options *o);
/* Overwrites and frees the data and the password. */
void connect_data_free(struct connect_requests_options *o);

#endif
