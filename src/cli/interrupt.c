/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t told_to_end;

static void on_end(int signal_number)
{
	(void)signal_number;
	told_to_end = 1;
}

static void catch_all(int flags)
{
	struct sigaction action = { .sa_handler = on_end, .sa_flags = flags };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

void interrupt_catch(void)
{
	catch_all(0);
}

void interrupt_catch_once(void)
{
	catch_all(SA_RESETHAND);
}

bool interrupt_seen(void *data)
{
	(void)data;
	return told_to_end;
}
