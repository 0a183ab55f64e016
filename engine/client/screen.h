/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen: a terminal that a command fills with text, and its keys. Signals that end the command are held, so that the
 * terminal always gets its former mode back.
 */
#ifndef SALLYPORT_SCREEN_H
#define SALLYPORT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/fault.h"

#define SCREEN_COLUMNS 250 /* at most; a wider terminal stays empty on the right */
#define SCREEN_LINES 200

enum screen_style { SCREEN_PLAIN, SCREEN_STRONG, SCREEN_CHOSEN };

struct screen_line {
	char text[SCREEN_COLUMNS + 1]; /* printable ASCII */
	enum screen_style style;
};

enum screen_key { /* other keys are their bytes */
	SCREEN_NONE = 0, /* the time is over */
	SCREEN_ENTER = 13,
	SCREEN_ESCAPE = 27,
	SCREEN_UP = 256,
	SCREEN_DOWN,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_RESIZED,
	SCREEN_ENDED,    /* a signal, or the terminal is gone: close the screen and end */
};

struct screen { /* opened by screen_open */
	struct termios before;
	int signals;     /* a signalfd */
	int ended_by;    /* the signal; 0: none */
	int columns, lines;
	unsigned char typed[16]; /* bytes of keys that are not complete */
	size_t ntyped;
};

/*
 * Takes the terminal of stdin and stdout. -1 with a sentence: one of them is no terminal, or it cannot move its cursor
 * (TERM is not set, or dumb); nothing is changed then.
 */
int screen_open(struct screen *s, struct fault *f);
/* Gives the terminal its former mode and content. A signal that ended the command then ends the process. */
void screen_close(struct screen *s);
/* Shows the first n lines; the rest of the terminal is empty. */
void screen_draw(const struct screen *s, const struct screen_line *line, int n);
/* Waits for a key, at most `seconds`. */
int screen_key(struct screen *s, double seconds);

#endif
