/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/recovery.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "config/resource.h"
#include "ipic/capex.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define HEADING "sallyport recovery 1"
#define FILE_MAX (8u * 1024 * 1024)
#define LINE_MAX_ 160
#define RETRY_SECONDS 1
#define CLOSE_SECONDS 2 /* limit for the last write, so that a stalled disk does not stop a region from ending */

struct recovery_writer {
	struct thread *thread;
	pthread_mutex_t lock;  /* of the members below, and of partner (the thread reads, the loop changes) */
	pthread_cond_t wake;   /* wakes the thread: something changed, or the region ends */
	pthread_cond_t rested; /* wakes recovery_flush: a try has ended */
	struct log *log;       /* borrowed; NULL: none, or the region ended without waiting for the thread */
	struct fault why;      /* why the last try failed */
	unsigned tries;
	bool running, unwritten, writing, failed, stop;
};

struct recovery {
	char file[PATH_SIZE]; /* "" none */
	char logname[LOGNAME_SIZE];
	struct recovery_partner *partner; /* owned */
	size_t n, cap;
	struct recovery_writer writer;
};

static struct recovery_partner *
find(const struct recovery *r, const char *networkid, const char *applid)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->partner[i].applid, applid) == 0 && strcmp(r->partner[i].networkid, networkid) == 0)
			return &r->partner[i];
	return NULL;
}

const struct recovery_partner *
recovery_partner(const struct recovery *r, const char *networkid, const char *applid)
{
	return find(r, networkid, applid);
}

const char *
recovery_logname(const struct recovery *r)
{
	return r->logname;
}

static void
drop(struct recovery *r, struct recovery_partner *p)
{
	memmove(p, p + 1, (size_t)(r->partner + r->n - (p + 1)) * sizeof *p);
	r->n--;
}

/*
 * Makes room for one more partner. The number is bounded, because a policy may admit partners with any name. -1: no
 * memory, or all partners have work in doubt.
 */
static int
make_room(struct recovery *r)
{
	struct recovery_partner *more;
	size_t cap = r->cap ? 2 * r->cap : 8;

	for (size_t i = 0; r->n >= RECOVERY_PARTNERS && i < r->n; i++)
		if (r->partner[i].indoubt == 0)
			drop(r, &r->partner[i]);
	if (r->n >= RECOVERY_PARTNERS)
		return -1;
	if (r->n < r->cap)
		return 0;
	more = realloc(r->partner, cap * sizeof *more);
	if (more == NULL)
		return -1;
	r->partner = more;
	r->cap = cap;
	return 0;
}

static int
put(struct recovery *r, const struct recovery_partner *p)
{
	struct recovery_partner *old = find(r, p->networkid, p->applid), fresh = *p;

	if (old != NULL)
		*old = fresh;
	else if (make_room(r) < 0)
		return -1;
	else
		r->partner[r->n++] = fresh;
	return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
	const char *at, *end;
	int line;
};

/*
 * Reads the next line, without its end, and splits it into words. Returns the number of words; -1: the line is
 * malformed.
 */
static int
words(struct reading *r, char line[LINE_MAX_], char *word[], int max)
{
	const char *eol = memchr(r->at, '\n', (size_t)(r->end - r->at));
	size_t len = eol != NULL ? (size_t)(eol - r->at) : LINE_MAX_;
	int n = 0;

	r->line++;
	if (len >= LINE_MAX_ || memchr(r->at, '\0', len) != NULL)
		return -1;
	memcpy(line, r->at, len);
	line[len] = '\0';
	r->at = eol + 1;
	for (char *p = line; p != NULL && n < max; n++) {
		word[n] = p;
		p = strchr(p, ' ');
		if (p != NULL)
			*p++ = '\0';
		if (word[n][0] == '\0' || (p != NULL && n + 1 == max))
			return -1;
	}
	return n;
}

/*
 * Copies `word` to `to` when it has min to max characters, all from `set`; "-" becomes "" when may_lack. -1: it has
 * not.
 */
static int
take(char *to, const char *word, size_t min, size_t max, const char *set, bool may_lack)
{
	size_t len = strlen(word);

	if (may_lack && strcmp(word, "-") == 0)
		word = "";
	else if (len < min || len > max || strspn(word, set) != len)
		return -1;
	memcpy(to, word, strlen(word) + 1);
	return 0;
}

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX DIGITS "abcdef"
#define NAME_SET LETTERS DIGITS "$@#"
#define TOKEN_SET LETTERS DIGITS "abcdefghijklmnopqrstuvwxyz-_"

static int
take_count(unsigned *to, const char *word)
{
	size_t len = strlen(word);

	if (len < 1 || len > 9 || strspn(word, DIGITS) != len || (len > 1 && word[0] == '0'))
		return -1;
	*to = (unsigned)strtoul(word, NULL, 10);
	return *to <= INDOUBT_MAX ? 0 : -1;
}

static int
take_partner(struct recovery_partner *p, char *word[])
{
	memset(p, 0, sizeof *p);
	if (take(p->networkid, word[1], 1, NAME_SIZE - 1, NAME_SET, false) < 0 || take(p->applid, word[2], 1, NAME_SIZE - 1, NAME_SET, false) < 0)
		return -1;
	if (take(p->logname, word[3], LOGNAME_SIZE - 1, LOGNAME_SIZE - 1, HEX, true) < 0)
		return -1;
	if (take(p->token, word[4], TOKEN_SIZE - 1, TOKEN_SIZE - 1, TOKEN_SET, true) < 0)
		return -1;
	return take_count(&p->indoubt, word[5]);
}

static int
read_partner(struct recovery *r, struct reading *in, struct fault *f)
{
	struct recovery_partner p;
	char line[LINE_MAX_], *word[6];

	if (words(in, line, word, 6) != 6 || strcmp(word[0], "partner") != 0 || take_partner(&p, word) < 0)
		return fault_set(f, "line %d is not 'partner NETWORKID APPLID LOGNAME TOKEN INDOUBT'", in->line);
	if (find(r, p.networkid, p.applid) != NULL)
		return fault_set(f, "line %d: a second line for partner %s.%s", in->line, p.networkid, p.applid);
	return put(r, &p) < 0 ? fault_set(f, "no memory") : 0;
}

int
recovery_read(struct recovery *r, const char *bytes, size_t len, struct fault *f)
{
	struct reading in = { .at = bytes, .end = bytes + len };
	char line[LINE_MAX_], *word[3];

	if (words(&in, line, word, 3) != 3 || strcmp(word[0], "sallyport") != 0 || strcmp(word[1], "recovery") != 0 || strcmp(word[2], "1") != 0)
		return fault_set(f, "line 1 is not '" HEADING "'");
	if (words(&in, line, word, 2) != 2 || strcmp(word[0], "log") != 0 ||
		take(r->logname, word[1], LOGNAME_SIZE - 1, LOGNAME_SIZE - 1, HEX, false) < 0)
		return fault_set(f, "line 2 is not 'log' and 16 hex digits");
	while (in.at < in.end)
		if (read_partner(r, &in, f) < 0)
			return -1;
	return 0;
}

/* --- the file --------------------------------------------------------------------------------- */

/* Reads the file. 1: it does not exist. -1 with a sentence: it is not safe or not valid. */
static int
load(struct recovery *r, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = FILE_MAX };
	struct file_content content;
	int ok;

	if (file_directory_safe(r->file, f) < 0)
		return -1;
	if (file_read(r->file, &rule, &content, f) < 0)
		return content.error == ENOENT ? 1 : -1;
	ok = recovery_read(r, content.bytes, content.len, f);
	file_free(&content);
	return ok;
}

/* --- writing ---------------------------------------------------------------------------------- */

struct snapshot {
	char logname[LOGNAME_SIZE];
	struct recovery_partner *partner; /* owned */
	size_t n;
};

/* Copies the memory; called under the lock. -1: no memory. */
static int
snapshot_take(const struct recovery *r, struct snapshot *s)
{
	s->n = r->n;
	s->partner = malloc(r->n > 0 ? r->n * sizeof *s->partner : 1);
	if (s->partner == NULL)
		return -1;
	if (r->n > 0)
		memcpy(s->partner, r->partner, r->n * sizeof *s->partner);
	memcpy(s->logname, r->logname, sizeof s->logname);
	return 0;
}

static const char *
or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static int
print(const struct snapshot *s, struct buf *to)
{
	char line[256];
	int rc;

	snprintf(line, sizeof line, HEADING "\nlog %s\n", s->logname);
	rc = buf_add(to, line, strlen(line));
	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		const struct recovery_partner *p = &s->partner[i];

		snprintf(line, sizeof line, "partner %s %s %s %s %u\n", p->networkid, p->applid, or_dash(p->logname), or_dash(p->token), p->indoubt);
		rc = buf_add(to, line, strlen(line));
	}
	return rc;
}

/* Writes the snapshot to the file and frees it. */
static int
save(const char *file, struct snapshot *s, struct fault *f)
{
	struct buf text;
	int rc;

	buf_init(&text, 0);
	rc = s->partner != NULL && print(s, &text) == 0 ? file_replace(file, buf_bytes(&text), buf_len(&text), f) : fault_set(f, "no memory");
	buf_free(&text);
	free(s->partner);
	return rc < 0 ? fault_wrap(f, "recovery file %s cannot be written", file) : 0;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Takes the result of a try; called under the lock. Message SP0056 at the first failure of a series. */
static void
conclude(struct recovery_writer *w, int rc, const struct fault *f)
{
	if (rc < 0 && !w->failed)
		log_say(w->log, MSG_SP0056, "why", f->text, NULL);
	w->writing = false;
	w->failed = rc < 0;
	w->unwritten |= w->failed;
	w->why = *f;
	w->tries++;
	pthread_cond_broadcast(&w->rested);
}

/* Tries to write the file; called under the lock, which is released during the write. */
static void
attempt(struct recovery *r)
{
	struct recovery_writer *w = &r->writer;
	struct snapshot s;
	struct fault f = { "" };
	int rc;

	w->unwritten = false;
	w->writing = true;
	snapshot_take(r, &s);
	pthread_mutex_unlock(&w->lock);
	rc = save(r->file, &s, &f);
	pthread_mutex_lock(&w->lock);
	conclude(w, rc, &f);
}

/* The thread. Changes during one try go into the next, so that one write is in progress at most. */
static void
recovery_write(void *arg)
{
	struct recovery *r = arg;
	struct recovery_writer *w = &r->writer;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->unwritten && !w->stop)
			pthread_cond_wait(&w->wake, &w->lock);
		if (w->unwritten)
			attempt(r);
		if (w->stop && (w->failed || !w->unwritten))
			break;
		if (w->failed)
			thread_cond_wait(&w->wake, &w->lock, RETRY_SECONDS);
	}
	pthread_mutex_unlock(&w->lock);
}

static void
writer_init(struct recovery *r, struct log *log)
{
	r->writer.log = log;
	pthread_mutex_init(&r->writer.lock, NULL);
	thread_cond_init(&r->writer.wake);
	thread_cond_init(&r->writer.rested);
}

static void
changed(struct recovery *r)
{
	struct recovery_writer *w = &r->writer;

	if (r->file[0] == '\0')
		return;
	pthread_mutex_lock(&w->lock);
	w->unwritten = true;
	if (!w->running)
		w->running = thread_start(&w->thread, recovery_write, r) == 0;
	if (!w->running && !w->failed)
		conclude(w, -1, &(struct fault){ "no thread to write it" });
	if (!w->failed)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* --- the memory ------------------------------------------------------------------------------- */

static int
name_log(struct recovery *r)
{
	unsigned char bits[(LOGNAME_SIZE - 1) / 2];

	if (getrandom(bits, sizeof bits, 0) != (ssize_t)sizeof bits)
		return -1;
	for (size_t i = 0; i < sizeof bits; i++)
		sprintf(r->logname + 2 * i, "%02x", bits[i]);
	return 0;
}

static int
begin(struct recovery *r, const char *file, struct fault *f)
{
	int loaded = 1;

	if ((size_t)snprintf(r->file, sizeof r->file, "%s", file) >= sizeof r->file)
		return fault_set(f, "recovery: the path is longer than %zu bytes", sizeof r->file - 1);
	if (file[0] != '\0' && (loaded = load(r, f)) < 0)
		return fault_wrap(f, "recovery file %s (repair it, or remove it for a cold start)", file);
	if (loaded == 1 && name_log(r) < 0)
		return fault_set(f, "no random bytes for a log name");
	return 0;
}

struct recovery *
recovery_open(const char *file, struct log *log, struct fault *f)
{
	struct recovery *r = calloc(1, sizeof *r);

	if (r == NULL) {
		fault_set(f, "no memory");
		return NULL;
	}
	writer_init(r, log);
	if (begin(r, file, f) == 0)
		return r;
	recovery_close(r);
	return NULL;
}

int
recovery_set(struct recovery *r, const struct recovery_partner *p, struct fault *f)
{
	int rc;

	pthread_mutex_lock(&r->writer.lock);
	rc = put(r, p);
	pthread_mutex_unlock(&r->writer.lock);
	if (rc < 0)
		return fault_set(f, "no room to remember partner %s.%s", p->networkid, p->applid);
	changed(r);
	return 0;
}

void
recovery_forget(struct recovery *r, const char *networkid, const char *applid)
{
	struct recovery_partner *p = find(r, networkid, applid);

	if (p == NULL)
		return;
	pthread_mutex_lock(&r->writer.lock);
	drop(r, p);
	pthread_mutex_unlock(&r->writer.lock);
	changed(r);
}

int
recovery_flush(struct recovery *r, double seconds, struct fault *f)
{
	struct recovery_writer *w = &r->writer;
	unsigned before;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	before = w->tries;
	pthread_cond_signal(&w->wake);
	while ((w->unwritten || w->writing) && rc == 0) {
		rc = w->running ? thread_cond_wait(&w->rested, &w->lock, seconds) : -1;
		if (w->tries != before && w->failed)
			rc = -1;
	}
	if (rc < 0)
		fault_set(f, "%s", w->failed ? w->why.text : "the disk did not answer in time");
	pthread_mutex_unlock(&w->lock);
	return rc;
}

/* Ends the thread. False: the disk does not answer; the thread still uses r, which must not be freed. */
static bool
end_thread(struct recovery *r)
{
	struct recovery_writer *w = &r->writer;
	struct log *log = w->log;

	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (!w->running || thread_join(w->thread, CLOSE_SECONDS))
		return true;
	pthread_mutex_lock(&w->lock);
	w->log = NULL;
	pthread_mutex_unlock(&w->lock);
	log_say(log, MSG_SP0056, "why", "the region ends, and the disk did not answer within 2 seconds", NULL);
	return false;
}

void
recovery_close(struct recovery *r)
{
	if (r == NULL || !end_thread(r))
		return;
	pthread_cond_destroy(&r->writer.rested);
	pthread_cond_destroy(&r->writer.wake);
	pthread_mutex_destroy(&r->writer.lock);
	free(r->partner);
	free(r);
}
