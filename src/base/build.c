/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/build.h"

/* The Makefile's; tests are no build of their own. */
#ifndef BUILD
#define BUILD "test"
#endif

__attribute__((used)) const char build_text[] = BUILD_MARK BUILD;
