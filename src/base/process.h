/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process has from whoever started it, and must not depend on: descriptors and signals. For
 * the beginning of a program, before it has opened anything or has a second thread.
 */
#ifndef GH_BASE_PROCESS_H
#define GH_BASE_PROCESS_H

/*
 * Standard input, output and error are open, if only on /dev/null: what is opened later would get
 * their number, and a message would be written into it. Children can be waited for, the signals
 * that mean an end arrive, and a limit of a file's size is an error and not the end. Ends the
 * process where it cannot be done.
 */
void process_begin(void);

/*
 * For a program that is run next in this process: no signal is blocked, none that we ignore is
 * ignored, "/" is its directory, its files are 0644.
 */
void process_reset(void);

#endif
