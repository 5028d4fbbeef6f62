/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being told to end while devices are handed over: the way back is gone then. */
#ifndef GH_CLI_INTERRUPT_H
#define GH_CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP only are noted; SIGPIPE is ignored. */
void interrupt_catch(void);

/* The same, but each ends the program when it comes again: for who may wait for a hung daemon. */
void interrupt_catch_once(void);

/* Whether one has come; as struct patience wants it, so `data` is not used. */
bool interrupt_seen(void *data);

#endif
