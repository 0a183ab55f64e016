/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version_store: keeps the versions of a region on disk (version_files), in a thread of its own. The loop hands over
 * the set that the directory shall have, and never waits for the disk; a set that is not written yet is replaced by the
 * next one. A write that fails is tried again each second.
 */
#ifndef SALLYPORT_VERSION_STORE_H
#define SALLYPORT_VERSION_STORE_H

#include "region/version_files.h"

struct ev_loop;
struct log;
struct version_store;

/* Takes the opened directory, on failure too. The caller owns the store. NULL: no memory. */
struct version_store *version_store_new(struct version_files *files);
const char *version_store_path(const struct version_store *s);
/* Starts the thread. loop and log are borrowed until version_store_close. -1 with a sentence. */
int version_store_start(struct version_store *s, struct ev_loop *loop, struct log *log, struct fault *f);
/*
 * Writes the set that was put last, for at most 2 seconds, ends the thread and frees the store. When the disk does not
 * answer in that time, the thread keeps the store. NULL is fine.
 */
void version_store_close(struct version_store *s);

/*
 * Hands over the versions that are kept now; current and pinned are those of vs. last: the greatest number that a
 * generation has had. done (may be NULL) is called once, on the loop: with NULL when the directory has them, or with a
 * sentence when a part could not be written or the disk did not answer within 2 seconds. A done that still waits is
 * called first, and gets a sentence.
 */
void version_store_put(struct version_store *s, const struct versions *vs, uint64_t last, void (*done)(void *arg, const char *why), void *arg);
/* Forgets the done that waits, which is not called. */
void version_store_forget(struct version_store *s);
/* Whether the last write has failed. */
bool version_store_failing(struct version_store *s);

#endif
