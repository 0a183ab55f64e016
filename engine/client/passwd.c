/* SPDX-License-Identifier: Apache-2.0 */
#include "client/passwd.h"

#include "client/command_line.h"
#include "ipic/request.h"
#include "security/scrypt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, CTRL_H = 8, CTRL_U = 21, RUBOUT = 127 };

static const char usage[] =
	"usage: sallyport passwd [--ln N]\n"
	"Asks twice for a password (or reads one line of stdin, when it is no terminal) and prints its hash for the saf's file:\n"
	"users = { FRED = { password = \"scrypt:...\" } }.\n"
	"  --ln N   2^N rounds: N is 10 to 17, default 14; each step doubles time and memory\n";

struct typed {
	char text[PASSWORD_SIZE];
	size_t len;
	bool too_long;
};

static int
complain(const char *what)
{
	fprintf(stderr, "sallyport passwd: %s\n", what);
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
check(const struct typed *t)
{
	if (t->len == 0)
		return complain("the password is empty");
	if (t->too_long)
		return complain("the password has more than 100 bytes");
	if (memchr(t->text, '\0', t->len) != NULL)
		return complain("the password holds a NUL");
	return 0;
}

/*
 * Reads a password from the terminal without echo. The keys make no signals meanwhile, so that the terminal always gets
 * its former mode back.
 */
static int
ask(const char *prompt, struct typed *t)
{
	struct termios before, quiet;
	int status;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return complain("the mode of the terminal cannot be read");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0)
		return complain("the echo of the terminal cannot be switched off");
	fputs(prompt, stderr);
	status = read_line(t, true);
	fputc('\n', stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return status < 0 ? complain("given up") : 0;
}

static int
ask_twice(struct typed *t)
{
	struct typed again;
	int status = -1;

	if (ask("Password: ", t) == 0 && check(t) == 0 && ask("Once more: ", &again) == 0) {
		status = t->len == again.len && memcmp(t->text, again.text, t->len) == 0 ? 0 : complain("the two passwords differ");
		scrypt_wipe(&again, sizeof again);
	}
	return status;
}

static int
get_password(struct typed *t)
{
	if (isatty(STDIN_FILENO))
		return ask_twice(t);
	if (read_line(t, false) < 0)
		return complain("stdin has no line");
	return check(t);
}

static int
hash(unsigned ln)
{
	char text[SAF_HASH_SIZE];
	struct typed t;
	int status = get_password(&t);

	if (status == 0 && scrypt_new(ln, t.text, t.len, text) < 0)
		status = complain("OpenSSL could not make the hash");
	scrypt_wipe(&t, sizeof t);
	if (status == 0 && (puts(text) < 0 || fflush(stdout) != 0))
		status = complain("the hash could not be written");
	return status == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* The number of --ln; 0: not valid. */
static unsigned
ln_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text >= '1' && *text <= '9' && *end == '\0' && n >= SCRYPT_LN_MIN && n <= SCRYPT_LN_MAX ? (unsigned)n : 0;
}

int
passwd_run(int argc, char **argv)
{
	static const struct option options[] = { { "ln", required_argument, NULL, 'n' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	unsigned ln = SCRYPT_LN;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
		ln = opt == 'n' ? ln_of(optarg) : 0;
		if (opt == 'n' && ln == 0)
			fprintf(stderr, "sallyport passwd: --ln %s: must be %d to %d\n", optarg, SCRYPT_LN_MIN, SCRYPT_LN_MAX);
		if (ln == 0)
			return fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
	}
	if (optind != argc)
		return fputs("sallyport passwd: takes no argument; other users can read a password on a command line\n", stderr) < 0 || fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
	return hash(ln);
}
