/* SPDX-License-Identifier: Apache-2.0 */
/* candidate_draft: the candidate that a command names by --with, as a region that does not run. */
#ifndef SALLYPORT_CANDIDATE_DRAFT_H
#define SALLYPORT_CANDIDATE_DRAFT_H

#include "base/fault.h"
#include "region/draft.h"

/*
 * Loads the candidate: a directory with a region.lua in it, or a region.lua; a directory of scripts, which stands in
 * place of that of the definition `region`; or the number of a generation that the region keeps. Its listeners count as
 * open, and it has a hand for each CPU that the process may use. The caller owns the draft. NULL with a sentence;
 * stderr may have the faults of the candidate before it.
 */
struct draft *candidate_draft_load(const char *with, const char *region, struct fault *f);

#endif
