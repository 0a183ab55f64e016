/* SPDX-License-Identifier: Apache-2.0 */
#include "client/init.h"

#include "base/file.h"
#include "base/name.h"
#include "client/command_line.h"
#include "sandbox/sources.h"
#include "tls/issue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPLATE_MAX (64 * 1024)
#define LICENCE "-- SPDX" /* begins the first line of a template; the copy belongs to the user and has none */
#define PLACE "@LIBRARY@" /* in a template: the directory of the library */

static const char usage[] =
	"usage: sallyport init DIR\n"
	"Writes a region with a policy, its rows and claims, key rings, and settings for editors into DIR, which must be new or empty.\n";

/* The templates of lua/init, and the files that they become. */
static const struct {
	const char *from, *to;
} templates[] = {
	{ "region.lua", "region.lua" },
	{ "policies/known.lua", "policies/known.lua" },
	{ "policies/known_spec.lua", "policies/known_spec.lua" },
	{ "policies/known_invariant.lua", "policies/known_invariant.lua" },
	{ "luarc.json", ".luarc.json" },
	{ "luacheckrc", ".luacheckrc" },
};

/* A ring with a certificate: the region's, those of a known partner and of one that known.lua does not list. */
static const struct {
	const char *ring, *cn, *san;
} rings[] = {
	{ "CICSA", "NETA.CICSA", "DNS:localhost,IP:127.0.0.1,IP:::1" },
	{ "SHOP.SHOPWEB1", "SHOP.SHOPWEB1", NULL },
	{ "SHOP.SHOPWEB2", "SHOP.SHOPWEB2", NULL },
};

struct init {
	const char *dir;
	char library[PATH_SIZE], path[2 * PATH_SIZE], other[2 * PATH_SIZE];
	struct fault fault;
};

/* Writes "DIR/RELATIVE" into out. */
static const char *
place(const struct init *i, char out[2 * PATH_SIZE], const char *relative)
{
	snprintf(out, 2 * PATH_SIZE, "%s/%s", i->dir, relative);
	return out;
}

static int
failed(struct init *i, const char *path)
{
	return fault_set(&i->fault, "%s: %s", path, strerror(errno));
}

static int
make_directory(struct init *i, const char *relative)
{
	return mkdir(place(i, i->path, relative), 0700) == 0 ? 0 : failed(i, i->path);
}

/* Makes DIR, or accepts it when it is empty. */
static int
claim(struct init *i)
{
	DIR *dir;
	int entries = 0;

	if (mkdir(i->dir, 0700) == 0)
		return 0;
	if (errno != EEXIST || (dir = opendir(i->dir)) == NULL)
		return failed(i, i->dir);
	while (entries < 3 && readdir(dir) != NULL)
		entries++;
	closedir(dir);
	return entries < 3 ? 0 : fault_set(&i->fault, "%s is not empty; name a new directory", i->dir);
}

/* Writes the text with the library's directory in place of PLACE. */
static bool
write_text(FILE *to, const char *text, const char *library)
{
	const char *at;

	for (; (at = strstr(text, PLACE)) != NULL; text = at + strlen(PLACE))
		if (fwrite(text, 1, (size_t)(at - text), to) != (size_t)(at - text) || fputs(library, to) < 0)
			return false;
	return fputs(text, to) >= 0;
}

static int
write_file(struct init *i, const char *relative, const char *text)
{
	int fd = open(place(i, i->path, relative), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool done;

	if (to == NULL) {
		failed(i, i->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	done = write_text(to, text, i->library);
	return fclose(to) == 0 && done ? 0 : failed(i, i->path);
}

static int
write_template(struct init *i, const char *from, const char *to)
{
	const struct file_rule rule = { .class = FILE_PLAIN, .max = TEMPLATE_MAX };
	struct file_content text;
	const char *body;
	int status;

	snprintf(i->other, sizeof i->other, "%s/init/%s", i->library, from);
	if (file_read(i->other, &rule, &text, &i->fault) < 0) {
		fault_wrap(&i->fault, "%s", i->other);
		return -1;
	}
	body = text.bytes;
	if (strncmp(body, LICENCE, strlen(LICENCE)) == 0 && (body = strchr(body, '\n')) != NULL)
		body++;
	status = write_file(i, to, body != NULL ? body : "");
	file_free(&text);
	return status;
}

static int
write_ring(struct init *i, const struct issuer *issuer, size_t n)
{
	char relative[PATH_SIZE];

	snprintf(relative, sizeof relative, "rings/%s", rings[n].ring);
	if (make_directory(i, relative) < 0)
		return -1;
	snprintf(relative, sizeof relative, "rings/%s/signers", rings[n].ring);
	if (make_directory(i, relative) < 0)
		return -1;
	snprintf(relative, sizeof relative, "rings/%s/signers/authority.pem", rings[n].ring);
	if (issue_write_authority(issuer, place(i, i->path, relative), NULL, &i->fault) < 0)
		return -1;
	snprintf(relative, sizeof relative, "rings/%s/%s.pem", rings[n].ring, rings[n].ring);
	place(i, i->path, relative);
	snprintf(relative, sizeof relative, "rings/%s/%s.key", rings[n].ring, rings[n].ring);
	return issue_write_leaf(issuer, rings[n].cn, rings[n].san, i->path, place(i, i->other, relative), &i->fault);
}

/* The authority keeps its key, so that certs/README.md can make more partners under it. */
static int
write_rings(struct init *i, const struct issuer *issuer)
{
	if (make_directory(i, "rings") < 0 || make_directory(i, "authority") < 0 ||
		issue_write_authority(issuer, place(i, i->path, "authority/authority.pem"), place(i, i->other, "authority/authority.key"),
			&i->fault) < 0)
		return -1;
	for (size_t n = 0; n < sizeof rings / sizeof rings[0]; n++)
		if (write_ring(i, issuer, n) < 0)
			return -1;
	return 0;
}

static int
write_all(struct init *i, const struct issuer *issuer)
{
	if (claim(i) < 0 || make_directory(i, "policies") < 0)
		return -1;
	for (size_t n = 0; n < sizeof templates / sizeof templates[0]; n++)
		if (write_template(i, templates[n].from, templates[n].to) < 0)
			return -1;
	return write_rings(i, issuer);
}

static void
print_next(const char *dir)
{
	const char *me = program_invocation_name;

	printf("%s holds a region. Try:\n"
		"  %s check --specs --region %s/region.lua\n"
		"  %s ask --region %s/region.lua --ring %s/rings/SHOP.SHOPWEB1 --networkid SHOP --applid SHOPWEB1\n"
		"  %s run --region %s/region.lua\n"
		"and in another shell:\n", dir, me, dir, me, dir, dir, me, dir);
	printf("  %s connect --to 127.0.0.1:1491 --ring %s/rings/SHOP.SHOPWEB1 --networkid SHOP --applid SHOPWEB1\n"
		"  %s connect --to 127.0.0.1:1491 --ring %s/rings/SHOP.SHOPWEB2 --networkid SHOP --applid SHOPWEB2\n"
		"  %s explain --last 2 --region %s/region.lua\n", me, dir, me, dir, me, dir);
}

static int
init(const char *dir)
{
	struct init i = { .dir = dir };
	struct issuer *issuer = issue_authority("Sallyport test authority", &i.fault);
	int status = -1;

	if (strlen(dir) > PATH_SIZE - 64)
		fault_set(&i.fault, "the path has more than %d bytes", PATH_SIZE - 64);
	else if (issuer != NULL && sources_library(i.library, sizeof i.library, &i.fault) == 0)
		status = write_all(&i, issuer);
	issue_free(issuer);
	if (status < 0)
		fprintf(stderr, "sallyport init: %s\n", i.fault.text);
	else
		print_next(dir);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}

int
init_run(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int opt = getopt_long(argc, argv, "h", options, NULL);

	if (opt != -1)
		return fputs(usage, opt == 'h' ? stdout : stderr) < 0 ? EXIT_FAILED : opt == 'h' ? EXIT_DONE : EXIT_USAGE;
	if (argc - optind == 1 && argv[optind][0] != '\0')
		return init(argv[optind]);
	fputs("init: takes the name of one directory\n", stderr);
	return fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
}
