/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot_view.h"

#include <errno.h>
#include <stdlib.h>

int boot_view_load(const struct root *root, struct boot_view *view, struct error *error)
{
	return config_load_boot(root, &view->config, &view->text, error);
}

int boot_view_select(const struct root *root, const struct boot_storage *storage,
		     struct boot_view *view, struct error *error)
{
	int r = pci_scan(root, &view->host, error);

	if (r < 0)
		return r;
	r = boot_select(&view->config, &view->host, storage, &view->selection, &view->absent,
			&view->errors);
	return r < 0 ? error_set_errno(error, -r, "cannot select the devices of boot.ini") : 0;
}

void boot_view_clear(struct boot_view *view)
{
	errors_clear(&view->errors);
	errors_clear(&view->absent);
	selection_clear(&view->selection);
	pci_functions_clear(&view->host);
	free(view->text);
	config_clear(&view->config);
	*view = BOOT_VIEW_INIT;
}
