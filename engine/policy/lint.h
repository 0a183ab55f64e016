/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint: looks through scripts before a partner meets them, for `check`. The lint itself is lua/check; it runs in a
 * plain Lua state of its own, with the parser of the package lua-check, and never runs a script.
 */
#ifndef SALLYPORT_LINT_H
#define SALLYPORT_LINT_H

#include "base/fault.h"
#include "config/definition.h"
#include "sandbox/sources.h"

#include <stdbool.h>

/*
 * Adds a fault or a warning for each finding in the scripts that the sources hold; the scripts of the library and the
 * files of the definition are left out. library_dir: the directory with check/lint.lua. Without the package lua-check:
 * one note (rule "lint") that names the rules that did not run. Raises nothing.
 */
void lint_run(const struct sources *s, const char *library_dir, const struct definition *definition, struct faults *faults);

/* Whether a rule of that name looks through scripts: a comment of a script can accept its findings. */
bool lint_has_rule(const char *rule);

#endif
