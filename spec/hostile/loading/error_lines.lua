-- SPDX-License-Identifier: Apache-2.0
-- Throws two lines.
-- loading ends: fault: a\x0d
error("a\r\nSP0010 I Generation in use.")
