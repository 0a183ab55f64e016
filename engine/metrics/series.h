/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series: the counters of one metric family whose labels come from scripts, definitions and partners. A table has at
 * most SERIES_MAX of them: then a new set of labels counts under the text "other", so that no script and no partner
 * makes series without end. One thread at a time adds: the caller has a lock. Other threads may read at the same time,
 * without the lock: a series is never removed, and the number of series is published after its labels are complete.
 */
#ifndef SALLYPORT_SERIES_H
#define SALLYPORT_SERIES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_MAX 200     /* of one family */
#define SERIES_RESERVED 40 /* of these, for "other" in the label that varies, and one for "other" in all labels */
#define SERIES_LABELS 4
#define SERIES_SLOTS 256   /* a power of two */
#define SERIES_KEY 62      /* bytes of values; longer ones have no slot */
#define SERIES_TEXT 240    /* bytes of the printed labels of one series */
#define SERIES_OTHER "other"

struct series {
	_Atomic uint64_t count;
	char labels[SERIES_TEXT]; /* as they are printed: tcpipservice="IPIC",outcome="accepted" */
};

struct series_slot { /* values that were looked up before, so that their labels need not be printed again */
	unsigned char series; /* its number, from 1; 0: the slot is free */
	unsigned char len;
	char key[SERIES_KEY]; /* the values, each with its NUL */
};

struct series_table { /* zero-initialise, then set `label` and `varies` */
	const char *label[SERIES_LABELS]; /* the names of the labels, static; NULL ends them */
	unsigned varies;          /* the index of the label that becomes "other" first */
	_Atomic unsigned n;       /* the number of complete series */
	_Atomic uint64_t folded;  /* events that were counted under "other" */
	struct series item[SERIES_MAX];
	struct series_slot slot[SERIES_SLOTS]; /* for adding only: the values that occurred, by hash */
	unsigned slots;                        /* used ones */
};

/* Makes the series with these labels, with the count 0, if it is missing and there is room. As series_add. */
void series_begin(struct series_table *t, const char *const *value);
/*
 * Counts one event. value: SERIES_LABELS texts, in the order of the labels; NULL counts as "". The texts are
 * copied.
 */
void series_add(struct series_table *t, const char *const *value);
/*
 * Writes name="value" to out, with a comma before it when out is not empty, and the value escaped for the exposition:
 * \, " and line feed get a backslash; other bytes outside of printable ASCII become "?". Bytes without room are cut.
 */
void series_label(char *out, size_t size, const char *name, const char *value);

#endif
