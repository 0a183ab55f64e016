/* SPDX-License-Identifier: Apache-2.0 */
/* terminal: the terminal that a stream writes to. */
#ifndef SALLYPORT_TERMINAL_H
#define SALLYPORT_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

struct terminal {
	int columns; /* 0: not a terminal, or one that does not tell its width */
	bool colour; /* it shows colours, and the environment does not forbid them (NO_COLOR, TERM=dumb) */
};

/* The terminal of a stream; all zero when the stream is not a terminal. */
struct terminal terminal_of(FILE *to);

#endif
