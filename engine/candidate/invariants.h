/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invariants: the claims of NAME_invariant.lua files about walks: each file returns a list of { name = "...", holds =
 * function(walk) ... end }. They are loaded into a Lua state of their own, and run under the limits of a question.
 */
#ifndef SALLYPORT_INVARIANTS_H
#define SALLYPORT_INVARIANTS_H

#include "base/fault.h"
#include "candidate/supposed.h"
#include "config/resource.h"

struct invariants;

/*
 * Loads the files of the directory of scripts of r. The caller owns them (invariants_free). NULL with faults that have
 * file and line: a file does not load or has another form, or there is no memory.
 */
struct invariants *invariants_load(const struct region_def *r, const char *library_dir, struct faults *faults);
void invariants_free(struct invariants *s); /* NULL is fine */

size_t invariants_count(const struct invariants *s);
/* The name of claim i, and its file; they belong to s. */
const char *invariants_name(const struct invariants *s, size_t i);
const char *invariants_file(const struct invariants *s, size_t i);
/* Gives the texts of the files to values. */
void invariants_literals(const struct invariants *s, struct values *v);

/* Runs the files again, so that the claims forget the walks that they have seen. -1 with a fault. */
int invariants_forget(struct invariants *s, struct faults *faults);
/*
 * Asks claim i about a walk: 1 it holds, 0 it does not. -1 with a fault that has the place: the function failed, hit a
 * limit, or answered neither true nor false.
 */
int invariants_judge(struct invariants *s, size_t i, const struct walked *w, struct faults *faults);

#endif
