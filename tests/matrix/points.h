/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The points of an operation: which call is meddled with. Each is the Nth of its name, for no two
 * runs make quite the same calls: a wait is longer or shorter.
 */
#ifndef POINTS_H
#define POINTS_H

#include <stdbool.h>

#define CALLS_MAX 20000
#define NAMES_MAX 512

enum kind { KILL, FAIL, SHORT, MEMORY };

enum extent {
	EVERYTHING,
	CHANGES, /* what changes something, from the claim on */
	SAMPLE,
};

struct points {
	/* of the clean run with the fewest: calls by their numbers, or that it is no point */
	short calls[CALLS_MAX];
	long count;
	long claim_at;  /* what comes before is done without a claim */
	long loaded_at; /* what comes before are the dynamic loader's calls */
	/* of points.c's own */
	long least[NAMES_MAX];
	int runs;
	long changes_seen;
};

struct choice {
	enum kind kind;
	enum extent extent;
	long shard, shards;
};

/* Takes in the calls of a clean run; of allocations only their number says something. */
void points_add(struct points *points, const short *calls, long count);

/*
 * What all clean runs have had, of each name, is a point. To be called when each has been added,
 * and not for MEMORY, whose points have no names.
 */
void points_settle(struct points *points, bool with_claim);

/* Among the points, the writes. */
long points_writes(const struct points *points);

/* The system call of a point, 1 being the first, and which one of its name it is. */
long points_call(const struct points *points, long at, long *ret_nth);

/*
 * Whether the point is to be tried; to be asked once of each, in their order. A shard has the
 * points whose name and number say so: whatever calls another shard's runs make, each point is of
 * one.
 */
bool points_choose(struct points *points, const struct choice *choice, long at);

#endif
