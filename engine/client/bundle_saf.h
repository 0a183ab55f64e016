/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_saf: the saf of a version, encrypted for the regions that follow, for `sallyport policy export --saf`. */
#ifndef SALLYPORT_BUNDLE_SAF_H
#define SALLYPORT_BUNDLE_SAF_H

#include <stddef.h>

#include "base/fault.h"
#include "config/definition.h"
#include "region/version.h"

/*
 * Encrypts the saf that d, the definition of v, names, for the public keys of the n files `to`, and adds it to v as a
 * file of a bundle. Returns the number of keys. -1 with a sentence: v has no saf, the text of its file has changed, or
 * a file of keys cannot be read.
 */
int bundle_saf_add(struct version *v, const struct definition *d, const char *const *to, size_t n, struct fault *f);

#endif
