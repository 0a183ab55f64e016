/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owner: the thread that alone may use an object. An object that two threads use at a time is a fault of the engine
 * whose effects nobody can foresee, so each build looks at the owner and ends the process when it is another thread.
 */
#ifndef SALLYPORT_OWNER_H
#define SALLYPORT_OWNER_H

struct owner {
	_Atomic unsigned long thread; /* its pthread_t; OWNER_NONE, or OWNER_LEFT */
};

#define OWNER_NONE 0UL /* of a zeroed object: each thread may use it, and owner_claim takes it */
#define OWNER_LEFT 1UL /* the object is on its way to another thread: no thread may use it before owner_take */

/* The calling thread owns the object from now on. The last owner has left it, or has ended. */
void owner_take(struct owner *o);
/* The calling thread, its owner, leaves the object: no thread may use it until owner_take. what: as owner_check. */
void owner_leave(struct owner *o, const char *what);
/*
 * Ends the process by SIGABRT, with a sentence on stderr, when another thread owns the object or its owner has left it.
 * what: the kind of the object, for the sentence: "TLS stream".
 */
void owner_check(const struct owner *o, const char *what);
/* As owner_check; the calling thread owns an object that had no owner. */
void owner_claim(struct owner *o, const char *what);

#endif
