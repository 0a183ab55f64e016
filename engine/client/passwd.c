/* SPDX-License-Identifier: Apache-2.0 */
#include "client/passwd.h"

#include "client/command_line.h"
#include "client/typed.h"
#include "security/scrypt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: sallyport passwd [--ln N]\n"
	"Asks twice for a password (or reads one line of stdin, when it is no terminal) and prints its hash for the saf's file:\n"
	"users = { FRED = { password = \"scrypt:...\" } }.\n"
	"  --ln N   2^N rounds: N is 10 to 17, default 14; each step doubles time and memory\n";

static int
ask_twice(struct typed *t)
{
	struct typed again;
	int status = -1;

	if (typed_ask("passwd", "Password: ", t) == 0 && typed_ask("passwd", "Once more: ", &again) == 0) {
		status = t->len == again.len && memcmp(t->text, again.text, t->len) == 0 ? 0 : typed_complain("passwd", "the two passwords differ");
		scrypt_wipe(&again, sizeof again);
	}
	return status;
}

static int
hash(unsigned ln)
{
	char text[SAF_HASH_SIZE];
	struct typed t;
	int status = isatty(STDIN_FILENO) ? ask_twice(&t) : typed_line("passwd", &t);

	if (status == 0 && scrypt_new(ln, t.text, t.len, text) < 0)
		status = typed_complain("passwd", "OpenSSL could not make the hash");
	scrypt_wipe(&t, sizeof t);
	if (status == 0 && (puts(text) < 0 || fflush(stdout) != 0))
		status = typed_complain("passwd", "the hash could not be written");
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
