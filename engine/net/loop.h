/* SPDX-License-Identifier: Apache-2.0 */
/* loop: makes event loops: epoll; LIBEV_FLAGS in the environment has no effect. */
#ifndef SALLYPORT_LOOP_H
#define SALLYPORT_LOOP_H

struct ev_loop;

struct ev_loop *loop_new(void); /* NULL: no epoll, no descriptors, no memory */
/* Runs until loop_break or until no watcher is active. */
void loop_run(struct ev_loop *loop);
/* Ends loop_run after the current callbacks. From the loop's own thread only. */
void loop_break(struct ev_loop *loop);
void loop_free(struct ev_loop *loop); /* NULL is fine */

#define LOOP_LIBRARY_SIZE 32
/* Writes the version of the libev that runs, "4.33". */
void loop_library(char out[LOOP_LIBRARY_SIZE]);

#endif
