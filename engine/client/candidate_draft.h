/* SPDX-License-Identifier: Apache-2.0 */
/* candidate_draft: the candidate that a command names by --with, as a region that does not run. */
#ifndef SALLYPORT_CANDIDATE_DRAFT_H
#define SALLYPORT_CANDIDATE_DRAFT_H

#include "base/fault.h"
#include "region/draft.h"

/*
 * Loads the candidate: a directory with a region.lua in it, or a region.lua; or a directory of scripts, which stands in
 * place of that of the definition `region`. Its listeners count as open. The caller owns the draft. NULL: stderr has
 * the faults, or f has a sentence.
 */
struct draft *candidate_draft_load(const char *with, const char *region, struct fault *f);

#endif
