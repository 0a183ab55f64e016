-- SPDX-License-Identifier: Apache-2.0
-- check.rules: the rules of the lint, one row for each. level: "fault" where the script cannot work as written, else
-- "warning". remedy: the sentence after the finding.

return {
  global_read = { level = "fault", remedy = "declare it with local, or load it with require" },
  global_write = { level = "fault", remedy = "declare it with local: policies have no globals" },
  library_field = { level = "fault", remedy = "lua/README.md lists the library" },
  fact_unknown = { level = "fault", remedy = "policies/README.md lists the facts" },
  fact_absent = { level = "warning", remedy = "read it at a door that has it, or test the stage first" },
  phase = { level = "warning", remedy = "move the call" },
  no_verdict = { level = "warning", remedy = "end each path with return and a verdict" },
  lost_verdict = { level = "fault", remedy = "write return before it" },
  refuse_code = { level = "warning", remedy = "give policy.refuse a code that explain and the log can show" },
  template_unknown = { level = "warning", remedy = "name an ipconn of the definition; without it the partner is refused" },
  constant_check = { level = "warning", remedy = "write the condition itself; behind `or` compare again" },
  unreachable = { level = "warning", remedy = "remove the code, or the verdict before it" },
  nondeterminism = { level = "warning", remedy = "decide by facts alone, so that the same question gets the same answer" },
  rounds = { level = "warning", remedy = "use a value where it is made, not through a long chain of names" },
  allow = { level = "warning",
    remedy = "write -- sallyport: allow RULE (reason) on the line of the finding, or alone on the line before it" },
}
