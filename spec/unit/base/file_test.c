/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/filelock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX 1000

#define NOBODY 65534 /* a user who owns nothing here */

struct place {
	char dir[64], file[96];
	int back; /* the directory the test began in */
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/sallyport-file-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->file, sizeof p->file, "%s/it", p->dir);
	p->back = open(".", O_RDONLY | O_DIRECTORY);
	umask(022);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	assert_int_equal(fchdir(p->back), 0);
	close(p->back);
	chmod(p->dir, 0700);
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static void
put(const char *path, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < len; i++)
		fputc('x', f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void
refused(const char *path, enum file_class class, const char *words)
{
	struct file_rule rule = { .class = class, .max = MAX, .advice = "split it" };
	struct file_content c;
	struct fault f = { "" };

	assert_int_equal(file_read(path, &rule, &c, &f), -1);
	assert_null(c.bytes);
	if (strstr(f.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", f.text, words);
}

static void
is_read(const char *path, enum file_class class, size_t len)
{
	struct file_rule rule = { .class = class, .max = MAX };
	struct file_content c;
	struct fault f = { "" };

	if (file_read(path, &rule, &c, &f) < 0)
		fail_msg("%s", f.text);
	assert_int_equal(c.len, len);
	assert_int_equal(strlen(c.bytes), len);
	assert_int_equal(c.st.st_size, len);
	file_free(&c);
	assert_null(c.bytes);
}

static void
test_sizes(void **state)
{
	const struct place *p = *state;

	for (size_t len = 0; len <= MAX; len += MAX / 2) {
		put(p->file, len, 0644);
		is_read(p->file, FILE_SCRIPT, len);
	}
	put(p->file, MAX + 1, 0644);
	refused(p->file, FILE_SCRIPT, "is larger than 1000 bytes; split it");
}

/* fstat reports size 0; the number of bytes read counts. */
static void
test_size_that_is_not_told(void **state)
{
	static const struct file_rule rule = { .max = 100000 };
	struct file_content c;
	struct stat st;

	(void)state;
	if (stat("/proc/self/status", &st) < 0 || st.st_size != 0)
		skip();
	assert_int_equal(file_read("/proc/self/status", &rule, &c, NULL), 0);
	assert_true(c.len > 100);
	file_free(&c);
}

static void
test_not_there(void **state)
{
	static const struct file_rule rule = { .max = MAX };
	const struct place *p = *state;
	struct file_content c;

	refused(p->file, FILE_PLAIN, "cannot be read: No such file");
	assert_int_equal(file_read(p->file, &rule, &c, NULL), -1);
	assert_int_equal(c.error, ENOENT);
	put(p->file, MAX + 1, 0644);
	assert_int_equal(file_read(p->file, &rule, &c, NULL), -1);
	assert_int_equal(c.error, 0);
}

static void
make_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
	close(fd);
}

/* Links are followed, also to files that are refused; a FIFO without a writer does not block. */
static void
test_only_regular_files(void **state)
{
	const struct place *p = *state;
	char link[128];

	refused(p->dir, FILE_PLAIN, "is a directory, not a regular file");
	refused("/dev/null", FILE_PLAIN, "is a device, not a regular file");
	assert_int_equal(mkfifo(p->file, 0600), 0);
	refused(p->file, FILE_SECRET, "is a pipe (FIFO), not a regular file");
	snprintf(link, sizeof link, "%s/link", p->dir);
	assert_int_equal(symlink("it", link), 0);
	refused(link, FILE_PLAIN, "is a pipe (FIFO), not a regular file");
	unlink(p->file);
	refused(link, FILE_PLAIN, "No such file");
	put(p->file, 7, 0644);
	is_read(link, FILE_PLAIN, 7);
	unlink(p->file);
	make_socket(p->file);
	refused(p->file, FILE_PLAIN, "not a regular file");
}

static void
test_modes(void **state)
{
	static const struct {
		mode_t mode;
		enum file_class class;
		const char *words; /* NULL: the file is read */
	} rows[] = {
		{ 0644, FILE_PLAIN, NULL },
		{ 0664, FILE_PLAIN, NULL },
		{ 0664, FILE_SCRIPT, NULL },
		{ 0600, FILE_SECRET, NULL },
		{ 0400, FILE_SECRET, NULL },
		{ 0640, FILE_SECRET, NULL },
		{ 0666, FILE_PLAIN, "can be written by everybody (mode 0666); chmod o-w " },
		{ 0602, FILE_SCRIPT, "can be written by everybody (mode 0602)" },
		{ 0602, FILE_SECRET, "can be written by everybody" },
		{ 0604, FILE_SECRET, "can be read by everybody (mode 0604); chmod 600 " },
		{ 0644, FILE_SECRET, "can be read by everybody" },
		{ 0660, FILE_SECRET, "can be written by its group (mode 0660); chmod 600 " },
	};
	const struct place *p = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put(p->file, 1, rows[i].mode);
		if (rows[i].words != NULL)
			refused(p->file, rows[i].class, rows[i].words);
		else
			is_read(p->file, rows[i].class, 1);
		unlink(p->file);
	}
}

static void
test_doubts(void **state)
{
	struct stat st = { .st_mode = S_IFREG | 0664, .st_uid = geteuid(), .st_gid = 42 };
	struct fault f;

	(void)state;
	assert_int_equal(file_doubt("x", FILE_PLAIN, &st, &f), FILE_SOUND);
	assert_int_equal(file_doubt("x", FILE_SCRIPT, &st, &f), FILE_GROUP_WRITES);
	assert_string_equal(f.text, "can be written by its group (gid 42); chmod g-w x");
	st.st_mode = S_IFREG | 0644;
	assert_int_equal(file_doubt("x", FILE_SCRIPT, &st, &f), FILE_SOUND);
	st.st_uid = 0;
	assert_int_equal(file_doubt("x", FILE_SCRIPT, &st, &f), FILE_SOUND);
	st.st_uid = geteuid() + 77;
	assert_int_equal(file_doubt("x", FILE_PLAIN, &st, &f), FILE_FOREIGN);
	assert_non_null(strstr(f.text, "neither root nor the region's user"));
}

/* A group may read a secret only when the owner is root or the region's user. */
static void
test_secret_of_a_stranger(void **state)
{
	const struct place *p = *state;

	if (geteuid() != 0)
		skip();
	put(p->file, 1, 0640);
	assert_int_equal(chown(p->file, 4711, 4711), 0);
	refused(p->file, FILE_SECRET, "belongs to uid 4711");
	assert_int_equal(chmod(p->file, 0600), 0);
	is_read(p->file, FILE_SECRET, 1);
}

static void
test_directories(void **state)
{
	const struct place *p = *state;
	struct fault f = { "" };
	struct stat st;
	DIR *d;

	d = file_opendir(p->dir, &st, &f);
	assert_non_null(d);
	assert_true(S_ISDIR(st.st_mode));
	closedir(d);
	assert_null(file_opendir(p->file, NULL, &f));
	assert_int_equal(errno, ENOENT);
	put(p->file, 1, 0644);
	assert_null(file_opendir(p->file, NULL, &f));
	assert_int_equal(errno, ENOTDIR);
	for (mode_t sticky = 0; sticky <= S_ISVTX; sticky += S_ISVTX) {
		assert_int_equal(chmod(p->dir, 0777 | sticky), 0);
		assert_null(file_opendir(p->dir, &st, &f));
		assert_int_equal(errno, EPERM);
		assert_non_null(strstr(f.text, "everybody can add files"));
	}
}

static void
test_directory_of_a_file_that_is_written(void **state)
{
	const struct place *p = *state;
	struct fault f = { "" };
	int unread; /* what the sentence says about a directory that can be written and not read */

	assert_int_equal(file_directory_safe(p->file, &f), 0);
	assert_int_equal(chmod(p->dir, 0777 | S_ISVTX), 0);
	assert_int_equal(file_directory_safe(p->file, &f), 0);
	assert_int_equal(chmod(p->dir, 0777), 0);
	assert_int_equal(file_directory_safe(p->file, &f), -1);
	assert_non_null(strstr(f.text, "can be written by everybody (mode 0777); chmod o-w "));
	assert_int_equal(file_replace(p->file, "x", 1, &f), -1);
	assert_int_equal(file_open_log(p->file, &f), -1);
	assert_int_equal(access(p->file, F_OK), -1);
	assert_int_equal(chdir(p->dir), 0);
	assert_int_equal(file_directory_safe("it", &f), -1);
	assert_int_equal(chmod(p->dir, 0333), 0);
	unread = seteuid(geteuid() == 0 ? NOBODY : geteuid()) == 0 ? file_directory_safe("it", &f) : 0;
	assert_int_equal(seteuid(getuid()), 0);
	assert_int_equal(unread, -1);
}

static void
test_log(void **state)
{
	const struct place *p = *state;
	struct fault f = { "" };
	char got[8] = "";
	struct stat st;
	int fd, reader;

	fd = file_open_log(p->file, &f);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
	chmod(p->file, 0666);
	assert_int_equal(file_open_log(p->file, &f), -1);
	assert_non_null(strstr(f.text, "chmod o-w"));
	unlink(p->file);
	assert_int_equal(mkfifo(p->file, 0600), 0);
	fd = file_open_log(p->file, &f);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "early", 5), 5);
	reader = open(p->file, O_RDONLY | O_NONBLOCK);
	assert_int_equal(read(reader, got, sizeof got), 5);
	assert_string_equal(got, "early");
	close(reader);
	close(fd);
	fd = file_open_log("/dev/null", &f);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_open_log(p->dir, &f), -1);
}

static void
holds(const char *path, const char *text)
{
	static const struct file_rule rule = { .class = FILE_SECRET, .max = MAX };
	struct file_content c;

	assert_int_equal(file_read(path, &rule, &c, NULL), 0);
	assert_string_equal(c.bytes, text);
	file_free(&c);
}

/* Whatever exists at PATH.new is removed: it is neither written through nor waited for. */
static void
test_replace(void **state)
{
	const struct place *p = *state;
	struct fault f = { "" };
	char fresh[128], other[128];
	struct stat st;

	snprintf(fresh, sizeof fresh, "%s.new", p->file);
	snprintf(other, sizeof other, "%s/other", p->dir);
	assert_int_equal(file_replace(p->file, "one", 3, &f), 0);
	holds(p->file, "one");
	assert_int_equal(mkfifo(fresh, 0600), 0);
	assert_int_equal(file_replace(p->file, "two", 3, &f), 0);
	holds(p->file, "two");
	put(other, 3, 0600);
	assert_int_equal(symlink(other, fresh), 0);
	assert_int_equal(file_replace(p->file, "three", 5, &f), 0);
	holds(p->file, "three");
	holds(other, "xxx");
	assert_int_equal(lstat(fresh, &st), -1);
	assert_int_equal(mkdir(fresh, 0700), 0);
	assert_int_equal(file_replace(p->file, "four", 4, &f), -1);
	holds(p->file, "three");
	assert_int_equal(chdir(p->dir), 0);
	rmdir("it.new");
	assert_int_equal(file_replace("it", "five", 4, &f), 0);
	holds("it", "five");
}

static void
no_private(const char *path, bool make, const char *words)
{
	struct fault f = { "" };

	assert_int_equal(file_private_directory(AT_FDCWD, path, make, &f), -1);
	if (strstr(f.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", f.text, words);
}

static void
test_private_directory(void **state)
{
	const struct place *p = *state;
	char path[128], link[128];
	struct fault f = { "" };
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "%s/own", p->dir);
	snprintf(link, sizeof link, "%s/link", p->dir);
	no_private(path, false, "No such file");
	assert_int_equal(errno, ENOENT);
	fd = file_private_directory(AT_FDCWD, path, true, &f);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(symlink("own", link), 0);
	no_private(link, true, "symbolic link");
	put(p->file, 1, 0600);
	no_private(p->file, true, "no directory");
	assert_int_equal(chmod(path, 0750), 0);
	no_private(path, true, "chmod 700");
	close(fd);
}

static void
test_names_in_a_directory(void **state)
{
	const struct place *p = *state;
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = MAX };
	int dir = open(p->dir, O_RDONLY | O_DIRECTORY);
	struct file_content c;
	struct fault f = { "" };

	assert_int_equal(file_replace_at(dir, "it", "one", 3, &f), 0);
	assert_int_equal(file_read_at(dir, "it", &rule, &c, &f), 0);
	assert_string_equal(c.bytes, "one");
	file_free(&c);
	assert_int_equal(symlinkat("it", dir, "link"), 0);
	assert_int_equal(file_read_at(dir, "link", &rule, &c, &f), -1);
	assert_non_null(strstr(f.text, "symbolic link"));
	assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
	assert_int_equal(file_read_at(dir, "pipe", &rule, &c, &f), -1);
	assert_non_null(strstr(f.text, "FIFO"));
	assert_int_equal(file_read_at(dir, "none", &rule, &c, &f), -1);
	assert_int_equal(c.error, ENOENT);
	close(dir);
}

static void
test_lock(void **state)
{
	const struct place *p = *state;
	char words[64];
	struct fault f = { "" };
	int one = filelock_take(AT_FDCWD, p->file, "it", "take another", &f), two;

	assert_true(one >= 0);
	assert_int_equal(filelock_take(AT_FDCWD, p->file, "it", "take another", &f), -1);
	snprintf(words, sizeof words, "it: the process %d writes to it", (int)getpid());
	assert_non_null(strstr(f.text, words));
	assert_non_null(strstr(f.text, "take another"));
	close(one);
	two = filelock_take(AT_FDCWD, p->file, "it", "take another", &f);
	assert_true(two >= 0);
	close(two);
	assert_int_equal(unlink(p->file), 0);
	assert_int_equal(mkfifo(p->file, 0600), 0);
	assert_int_equal(filelock_take(AT_FDCWD, p->file, "it", "take another", &f), -1);
	assert_non_null(strstr(f.text, "not a regular file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_size_that_is_not_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_only_regular_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_doubts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secret_of_a_stranger, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directory_of_a_file_that_is_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_log, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_private_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_in_a_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lock, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
