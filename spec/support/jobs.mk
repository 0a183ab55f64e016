# SPDX-License-Identifier: Apache-2.0
# Runs the jobs of the suite, see spec/support/job. RESULTS/order.mk, which suite.lua writes, lists them.
include $(RESULTS)/order.mk

together: $(TOGETHER)
alone: $(ALONE)
$(TOGETHER) $(ALONE):
	@exec spec/support/job $(RESULTS) $@

.PHONY: together alone $(TOGETHER) $(ALONE)
