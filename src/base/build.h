/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which build this is: hook, engine and command carry the same text when they were built of the
 * same sources. It is found in a file by BUILD_MARK, without running it.
 */
#ifndef GH_BASE_BUILD_H
#define GH_BASE_BUILD_H

#define BUILD_MARK "gpu-handoff build "

/* BUILD_MARK and "VERSION-HASH", the hash of all sources. Of the file that this is linked into. */
__attribute__((visibility("hidden"))) extern const char build_text[];

#endif
