/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of the host has to make room for a VM beside the functions: units, modules, framebuffers,
 * consoles. Finds it and records it; changes nothing.
 */
#ifndef GH_HANDOFF_ROOM_H
#define GH_HANDOFF_ROOM_H

#include "base/error.h"
#include "base/text.h"
#include "handoff/config.h"
#include "handoff/operation.h"
#include "handoff/snapshot.h"

struct room {
	struct strings units;        /* that run, in the order in which they are stopped */
	struct strings modules;      /* that are loaded, in the order in which they are unloaded */
	struct strings framebuffers; /* see host/display.h */
	struct strings consoles;
};

#define ROOM_INIT ((struct room){ 0 })

/*
 * Finds what has to make room for the functions of the snapshot. Refuses what would take a driver
 * from a function that is not handed over, and what NVIDIA's driver would not survive. Returns 0 or
 * a negative errno with `error` filled; the caller clears *room in both cases.
 */
int room_find(const struct operation *operation, const struct config *config,
	      const struct snapshot *snapshot, struct room *room, struct error *error);

/*
 * Adds to the claim what will have to come back; what an earlier run has recorded stays. Of modules
 * that is every one that is loaded now, since it is not known which others go along. Returns 0 or a
 * negative errno with `error` filled.
 */
int room_record(const struct operation *operation, const struct room *room, struct claim *claim,
		struct error *error);

/* Leaves in the claim those modules that have gone. Returns 0 or -ENOMEM. */
int room_record_gone(const struct operation *operation, struct claim *claim);

void room_clear(struct room *room);

#define _cleanup_room_ __attribute__((cleanup(room_clear)))

#endif
