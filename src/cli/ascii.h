/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Terminals that do not know UTF-8: names and messages have it, and tables see to it themselves.
 * What goes elsewhere is left as it is.
 */
#ifndef GH_CLI_ASCII_H
#define GH_CLI_ASCII_H

/*
 * From now on stdout and stderr, where they are terminals and the locale's encoding is not UTF-8,
 * write bytes that are not ASCII as \xNN. To be called before anything is printed.
 */
void ascii_on_terminals(void);

#endif
