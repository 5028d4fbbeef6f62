/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A claim that is read is written and read again the same, and refused when it is cut off. */
#include "handoff/claim.h"

#include "fuzz.h"

#define FILE_NAME "/run/gpu-handoff/vm/win.claim"

static bool same_functions(const struct claim_function *a, const struct claim_function *b)
{
	return pci_address_compare(&a->address, &b->address) == 0 &&
	       strcmp(a->name, b->name) == 0 && pci_id_matches(&a->id, &b->id) &&
	       pci_id_matches(&b->id, &a->id) && a->group == b->group &&
	       text_same(a->vfio_driver, b->vfio_driver) && a->restore == b->restore &&
	       text_same(a->restore_driver, b->restore_driver) &&
	       text_same(a->before.driver, b->before.driver) &&
	       text_same(a->before.driver_override, b->before.driver_override) &&
	       text_same(a->before.power_control, b->before.power_control) &&
	       text_same(a->before.d3cold_allowed, b->before.d3cold_allowed) &&
	       text_same(a->module, b->module) && a->drm_before == b->drm_before &&
	       a->card_before == b->card_before;
}

static bool same_claims(const struct claim *a, const struct claim *b)
{
	if (a->function_count != b->function_count)
		return false;
	for (size_t i = 0; i < a->function_count; i++)
		if (!same_functions(&a->functions[i], &b->functions[i]))
			return false;
	return text_same(a->vm, b->vm) && text_same(a->uuid, b->uuid) &&
	       text_same(a->boot_id, b->boot_id) && text_same(a->token, b->token) &&
	       a->phase == b->phase && a->timeout_ms == b->timeout_ms &&
	       fuzz_same_strings(&a->units, &b->units) &&
	       fuzz_same_strings(&a->modules, &b->modules) &&
	       fuzz_same_strings(&a->framebuffers, &b->framebuffers) &&
	       fuzz_same_strings(&a->consoles, &b->consoles) &&
	       fuzz_same_strings(&a->failures, &b->failures);
}

static int parse(const char *text, size_t length, struct claim *claim)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r;

	fuzz_fill(claim, sizeof(*claim));
	r = claim_parse(FILE_NAME, text, length, claim, &error);
	if (r == 0) {
		MUST(!error.code && !error.what);
		return 0;
	}
	MUST(r == -EINVAL || r == -ENOTSUP);
	fuzz_check_error(r, &error);
	MUST(fuzz_is_untouched(claim, sizeof(*claim)));
	return r;
}

/* What becomes a part of a path, or a program's argument, is one name. */
static void check_part(const char *text)
{
	MUST(!text || (*text && *text != '-' && !strpbrk(text, "/\n") && strcmp(text, ".") != 0 &&
		       strcmp(text, "..") != 0));
}

static void check_parts(const struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		check_part(list->items[i]);
}

static void check_function(const struct claim_function *function)
{
	char name[PCI_ADDRESS_SIZE];

	pci_address_format(&function->address, name);
	MUST(strcmp(function->name, name) == 0);
	MUST(function->id.has_subsystem && function->group >= -1);
	MUST(function->vfio_driver && *function->vfio_driver);
	MUST(function->restore <= CONFIG_RESTORE_DRIVER);
	MUST(function->restore != CONFIG_RESTORE_DRIVER || function->restore_driver);
	check_part(function->vfio_driver);
	check_part(function->restore_driver);
	check_part(function->before.driver);
	check_part(function->module);
	check_part(function->before.power_control);
	check_part(function->before.d3cold_allowed);
	MUST(!function->before.driver_override || !strchr(function->before.driver_override, '\n'));
}

/* What the name of a claim says of it, whatever somebody has called a VM. */
static void check_name(const char *vm)
{
	_cleanup_free_ char *title = claim_title(vm);
	const char *owner = claim_owner(vm);

	MUST(title && fuzz_is_printable(title) && !strchr(title, '\n'));
	MUST((owner == NULL) == claim_is_boot(vm));
	MUST(!owner || (*owner && owner >= vm && owner <= vm + strlen(vm)));
	MUST(!claim_is_hotplug(vm) || owner > vm);
	MUST(!claim_vm_name_valid(vm) || (owner == vm && !strchr(vm, '/')));
	MUST(claim_same_owner(vm, vm) == (owner != NULL));
}

static void check_claim(const struct claim *claim)
{
	MUST(claim->vm && *claim->vm && claim->boot_id && *claim->boot_id);
	MUST(claim->phase <= CLAIM_RELEASING && claim->timeout_ms > 0);
	for (size_t i = 0; i < claim->function_count; i++) {
		check_function(&claim->functions[i]);
		MUST(i == 0 || pci_address_compare(&claim->functions[i - 1].address,
						   &claim->functions[i].address) < 0);
	}
	check_parts(&claim->units);
	check_parts(&claim->modules);
	check_parts(&claim->consoles);
	for (size_t i = 0; i < claim->framebuffers.count; i++) {
		_cleanup_free_ char *driver = strdup(claim->framebuffers.items[i]);
		char *device = driver ? strchr(driver, '/') : NULL;

		MUST(device);
		*device = '\0';
		check_part(driver);
		check_part(device + 1);
	}
	check_name(claim->vm);
}

/* A claim ends with its end, which says how much there is. */
static void check_ends(const struct claim *claim, const char *text)
{
	_cleanup_free_ char *other_key =
		text_format("%sother = %zu\n", text, claim->function_count);
	_cleanup_free_ char *function = text_format(
		"%s[function ffffffff:ff:1f.7]\nid = 1e57:0010/1e57:a001\nvfio-driver = x\n", text);
	_cleanup_free_ char *section = text_format("%s[other]\n", text);
	_cleanup_free_ char *twice = text_format("%s%s", text, text);
	const char *const texts[] = { other_key, function, section, twice };
	struct claim parsed;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		MUST(texts[i] && parse(texts[i], strlen(texts[i]), &parsed) < 0);
}

static bool fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *text_again = NULL;
	struct claim claim, again, cut;

	if (parse((const char *)data, size, &claim) < 0)
		return false;
	check_claim(&claim);
	text = claim_format(&claim);
	MUST(text);
	MUST(parse(text, strlen(text), &again) == 0);
	MUST(same_claims(&claim, &again));
	text_again = claim_format(&again);
	MUST(text_same(text, text_again));
	/* cut off it is none, but without the last line feed */
	MUST(parse(text, fuzz_place(data, size, strlen(text) - 1), &cut) < 0);
	check_ends(&claim, text);
	claim_clear(&claim);
	claim_clear(&again);
	return true;
}
