/* SPDX-License-Identifier: Apache-2.0 */
#include "client/import_command.h"

#include "base/file.h"
#include "base/name.h"
#include "base/text.h"
#include "client/command_line.h"
#include "client/import.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTING_BYTES_MAX (8 * 1024 * 1024)

static const char usage[] =
	"usage: sallyport import FILE [--applid A] [--networkid N] [-o FILE]\n"
	"Writes a region.lua from the TCPIPSERVICEs and IPCONNs of a listing: the output of DFHCSDUP LIST GROUP(...) OBJECTS, or DEFINE\n"
	"statements. Everything else stands in it as comments with line numbers of the listing; the end names the rest to complete.\n"
	"  --applid A --networkid N   the names of the region, which a listing does not have\n"
	"  -o, --output FILE          a new file; the default is stdout\n";

struct import_line { /* the command line */
	char applid[NAME_SIZE], networkid[NAME_SIZE]; /* "": not given */
	const char *output; /* NULL: stdout */
	const char *file;
	bool help;
};

/* The value of --applid or --networkid. -1: no name; stderr has the sentence. */
static int
take_name(char out[NAME_SIZE], const char *option, const char *value)
{
	if (text_upper(out, NAME_SIZE, value, strlen(value)) && name_ok(out, strlen(out)))
		return 0;
	fprintf(stderr, "import: --%s %s: a name has 1 to 8 of A-Z 0-9 $ @ #\n", option, value);
	return -1;
}

static int
read_options(struct import_line *l, int argc, char **argv)
{
	static const struct option options[] = { { "applid", required_argument, NULL, 'a' }, { "networkid", required_argument, NULL, 'n' },
		{ "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int opt;

	while ((opt = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		if (opt == 'h')
			l->help = true;
		else if (opt == 'o')
			l->output = optarg;
		else if (opt == '?' || take_name(opt == 'a' ? l->applid : l->networkid, opt == 'a' ? "applid" : "networkid", optarg) < 0)
			return -1;
	}
	l->file = argv[optind];
	if (!l->help && optind + 1 != argc)
		fprintf(stderr, "import: name one file, the listing\n");
	return l->help || optind + 1 == argc ? 0 : -1;
}

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "import: %s: %s\n", what, why);
	return -1;
}

/* Writes a new file; one that cannot be written to its end is removed. */
static int
write_file(const char *path, const struct import_result *r)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool written;

	if (to == NULL)
		return complain(path, errno == EEXIST ? "it exists; import replaces no file, so name another one or remove it" : strerror(errno));
	written = fwrite(r->text, 1, r->len, to) == r->len;
	if (fclose(to) == 0 && written)
		return 0;
	complain(path, strerror(errno));
	unlink(path);
	return -1;
}

static int
write_out(const char *path, const struct import_result *r)
{
	if (path != NULL)
		return write_file(path, r);
	return fwrite(r->text, 1, r->len, stdout) == r->len && fflush(stdout) == 0 ? 0 : complain("stdout", strerror(errno));
}

static const char *
plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static void
say_result(const struct import_line *l, const struct import_result *r)
{
	fprintf(stderr, "import: %s: %u tcpipservice%s, %u ipconn%s, %u comment%s, %u fault%s to mend; look at the result by sallyport check --region %s\n",
		l->file, r->tcpipservices, plural(r->tcpipservices), r->ipconns, plural(r->ipconns), r->comments, plural(r->comments), r->faults, plural(r->faults),
		l->output != NULL ? l->output : "FILE");
}

static int
import(const struct import_line *l)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = LISTING_BYTES_MAX, .advice = "list fewer groups at a time" };
	struct import_options o = { .file = l->file, .applid = l->applid[0] != '\0' ? l->applid : NULL,
		.networkid = l->networkid[0] != '\0' ? l->networkid : NULL };
	struct file_content content = { .bytes = NULL };
	struct import_result r;
	struct fault f = { "" };
	int status;

	if (file_read(l->file, &rule, &content, &f) < 0)
		return complain(l->file, f.text);
	status = import_listing(content.bytes, content.len, &o, &r, &f);
	file_free(&content);
	if (status < 0)
		return complain(l->file, f.text);
	status = write_out(l->output, &r);
	if (status == 0)
		say_result(l, &r);
	free(r.text);
	return status;
}

int
import_command_run(int argc, char **argv)
{
	struct import_line l = { .file = NULL };

	if (read_options(&l, argc, argv) < 0)
		return fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
	if (l.help)
		return fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	return import(&l) == 0 ? EXIT_DONE : EXIT_FAILED;
}
