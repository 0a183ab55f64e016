/* SPDX-License-Identifier: Apache-2.0 */
/* replay_run: puts the records of a file to a candidate, with a bar of progress when stderr is a terminal. */
#ifndef SALLYPORT_REPLAY_RUN_H
#define SALLYPORT_REPLAY_RUN_H

#include "base/fault.h"
#include "candidate/replay.h"
#include "region/draft.h"
#include "records/record_reader.h"

/*
 * Walks the records of the range in the file `records`. candidate: borrowed; each of its hands walks in a thread.
 * Returns the result, which the caller owns. NULL with a sentence: the file cannot be read, it lacks one of the ids, or
 * there is no memory. From then on the JSON of the process is not wiped: the caller has read no secrets.
 */
struct replay_result *replay_run(struct draft *candidate, const char *records, const struct record_reader_range *range, struct fault *f);

#endif
