/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "points.h"

#include <string.h>
#include <sys/syscall.h>

#include "tracer.h"

#define NO_POINT (-1)

/* Lowers how often each call is made at least to how often this run has made it. */
static void count_least(struct points *points, const short *calls, long count)
{
	long counts[NAMES_MAX] = { 0 };

	for (long i = 0; i < count; i++)
		if (calls[i] >= 0 && calls[i] < NAMES_MAX)
			counts[calls[i]]++;
	for (long i = 0; i < NAMES_MAX; i++)
		if (points->runs == 0 || counts[i] < points->least[i])
			points->least[i] = counts[i];
}

void points_add(struct points *points, const short *calls, long count)
{
	count_least(points, calls, count);
	if (points->runs++ == 0 || count < points->count) {
		memcpy(points->calls, calls, (size_t)count * sizeof(*calls));
		points->count = count;
	}
}

void points_settle(struct points *points, bool with_claim)
{
	short *calls = points->calls;

	while (with_claim && points->claim_at < points->count &&
	       calls[points->claim_at] != SYS_renameat2 && calls[points->claim_at] != SYS_renameat)
		points->claim_at++;
	while (points->loaded_at < points->count && calls[points->loaded_at] != SYS_prlimit64)
		points->loaded_at++;
	for (long i = 0; i < points->count; i++)
		if (calls[i] >= 0 && calls[i] < NAMES_MAX && points->least[calls[i]]-- <= 0)
			calls[i] = NO_POINT;
}

long points_writes(const struct points *points)
{
	long count = 0;

	for (long i = 0; i < points->count; i++)
		count += points->calls[i] == SYS_write || points->calls[i] == SYS_pwrite64;
	return count;
}

long points_call(const struct points *points, long at, long *ret_nth)
{
	*ret_nth = 0;
	for (long i = 0; i < at; i++)
		*ret_nth += points->calls[i] == points->calls[at - 1];
	return points->calls[at - 1];
}

/*
 * One in ten before the claim is written; from there on calls that change something, for after
 * every other call the host is as it was after the one before, and few of all others.
 */
static bool is_of_sample(struct points *points, enum kind kind, long at, bool changes)
{
	static const struct {
		long before_claim, changes, others;
	} every[] = {
		[KILL] = { 10, 1, 80 },
		[FAIL] = { 10, 4, 100 },
		[SHORT] = { 1, 1, 1 },
		[MEMORY] = { 120, 120, 120 },
	};

	if (at < points->claim_at)
		return at % every[kind].before_claim == 0;
	if (changes)
		return points->changes_seen++ % every[kind].changes == 0;
	return at % every[kind].others == 0;
}

bool points_choose(struct points *points, const struct choice *choice, long at)
{
	long call = NO_POINT, nth = at;
	bool changes = false;

	if (choice->kind == KILL || choice->kind == FAIL) {
		call = points_call(points, at, &nth);
		if (call == NO_POINT || (choice->kind == FAIL && !trace_call_fails(call)))
			return false;
		changes = at >= points->claim_at && trace_call_changes(call);
	}
	if (choice->extent == CHANGES && !changes)
		return false;
	if (choice->extent == SAMPLE && !is_of_sample(points, choice->kind, at, changes))
		return false;
	return (31 * (call + 1) + nth) % choice->shards == choice->shard % choice->shards;
}
