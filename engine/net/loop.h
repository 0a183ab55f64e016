/* SPDX-License-Identifier: Apache-2.0 */
/* loop: makes event loops: epoll; LIBEV_FLAGS in the environment has no effect. */
#ifndef SALLYPORT_LOOP_H
#define SALLYPORT_LOOP_H

struct ev_loop;
struct backlog;

struct ev_loop *loop_new(void); /* NULL: no epoll, no descriptors, no memory */
/* The backlog of a loop, borrowed. NULL: loop_new has not made the loop. */
struct backlog *loop_backlog(struct ev_loop *loop);
/* Runs until loop_break or until no watcher is active. */
void loop_run(struct ev_loop *loop);
/* Ends loop_run after the current callbacks. From the loop's own thread only. */
void loop_break(struct ev_loop *loop);
void loop_free(struct ev_loop *loop); /* NULL is fine */

/*
 * Learns the epoll descriptor of a new loop, which libev does not tell, for loop_forget. Without /proc or a descriptor
 * nothing is learnt.
 */
void loop_learn(struct ev_loop *loop);
/*
 * Takes a descriptor that no watcher of the loop has any more out of its epoll set. libev leaves it there until the
 * next event: in the meantime another thread may have closed it and opened another one of the same number. Does nothing
 * in a loop without loop_learn.
 */
void loop_forget(struct ev_loop *loop, int fd);

#define LOOP_LIBRARY_SIZE 32
/* Writes the version of the libev that runs, "4.33". */
void loop_library(char out[LOOP_LIBRARY_SIZE]);

#endif
