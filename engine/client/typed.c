/* SPDX-License-Identifier: Apache-2.0 */
#include "client/typed.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, CTRL_H = 8, CTRL_U = 21, RUBOUT = 127 };

int
typed_complain(const char *command, const char *what)
{
	fprintf(stderr, "sallyport %s: %s\n", command, what);
	return -1;
}

static void
add(struct typed *t, char c)
{
	if (t->len < sizeof t->text - 1)
		t->text[t->len++] = c;
	else
		t->too_long = true;
}

/*
 * Reads a line. On a terminal, which gives one key at a time, handles the editing keys too. -1: given up, or no line.
 */
static int
read_line(struct typed *t, bool terminal)
{
	ssize_t n;
	char c;

	*t = (struct typed){ .len = 0 };
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n' && !(terminal && c == '\r')) {
		if (terminal && (c == CTRL_C || c == CTRL_D))
			return -1;
		else if (terminal && (c == RUBOUT || c == CTRL_H))
			t->len -= t->len > 0;
		else if (terminal && c == CTRL_U)
			*t = (struct typed){ .len = 0 };
		else
			add(t, c);
	}
	return n == 1 || t->len > 0 ? 0 : -1;
}

static int
check(const char *command, const struct typed *t)
{
	if (t->len == 0)
		return typed_complain(command, "the password is empty");
	if (t->too_long)
		return typed_complain(command, "the password has more than 100 bytes");
	if (memchr(t->text, '\0', t->len) != NULL)
		return typed_complain(command, "the password holds a NUL");
	return 0;
}

int
typed_ask(const char *command, const char *prompt, struct typed *t)
{
	struct termios before, quiet;
	int status;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return typed_complain(command, "the mode of the terminal cannot be read");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0)
		return typed_complain(command, "the echo of the terminal cannot be switched off");
	fputs(prompt, stderr);
	status = read_line(t, true);
	fputc('\n', stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return status < 0 ? typed_complain(command, "given up") : check(command, t);
}

int
typed_line(const char *command, struct typed *t)
{
	if (read_line(t, false) < 0)
		return typed_complain(command, "stdin has no line");
	return check(command, t);
}
