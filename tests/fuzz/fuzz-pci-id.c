/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI addresses, ids and drivers' names: held against regular expressions, which say the same. */
#include "host/pci_id.h"

#include <regex.h>

#include "fuzz.h"

#define HEX "[0-9A-Fa-f]"
#define DEVICE "^(" HEX "{4,8}:)?" HEX "{2}:[01]" HEX
#define PAIR HEX "{4}:" HEX "{4}"

static bool matches(const char *text, const char *pattern, regex_t *compiled, bool *is_compiled)
{
	if (!*is_compiled)
		MUST(regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0);
	*is_compiled = true;
	return regexec(compiled, text, 0, NULL, 0) == 0;
}

/* Compiles each pattern once. */
#define MATCHES(text, pattern)                                     \
	({                                                         \
		static regex_t compiled_;                          \
		static bool is_compiled_;                          \
		matches(text, pattern, &compiled_, &is_compiled_); \
	})

/* Whether both are the same but for the case of letters, with domain 0 left out or not. */
static bool same_address(const char *text, const char *formatted)
{
	const char *first = strchr(text, ':');
	size_t zeros = 0;

	if (!strchr(first + 1, ':'))
		return strncmp(formatted, "0000:", 5) == 0 && strcasecmp(text, formatted + 5) == 0;
	/* a domain of more than four digits may have zeros before them */
	while (first - text - (ptrdiff_t)zeros > 4 && text[zeros] == '0')
		zeros++;
	return strcasecmp(text + zeros, formatted) == 0;
}

static bool try_device(const char *text)
{
	struct pci_address address, again;
	char formatted[PCI_ADDRESS_SIZE];
	bool whole, whole_again;
	int r;

	fuzz_fill(&address, sizeof(address));
	fuzz_fill(&whole, sizeof(whole));
	r = pci_address_parse_device(text, &address, &whole);
	MUST((r == 0) == MATCHES(text, DEVICE "(\\.[0-7])?$"));
	if (r < 0) {
		MUST(r == -EINVAL && fuzz_is_untouched(&address, sizeof(address)) &&
		     fuzz_is_untouched(&whole, sizeof(whole)));
		return false;
	}
	MUST(whole == !strchr(text, '.') && address.slot < 32 && address.function < 8 &&
	     (!whole || address.function == 0));
	if (whole)
		pci_address_format_device(&address, formatted);
	else
		pci_address_format(&address, formatted);
	MUST(same_address(text, formatted));
	MUST(pci_address_parse_device(formatted, &again, &whole_again) == 0);
	MUST(whole_again == whole && pci_address_compare(&again, &address) == 0 &&
	     pci_address_same_device(&again, &address));
	return true;
}

static bool try_address(const char *text)
{
	struct pci_address address, again;
	char formatted[PCI_ADDRESS_SIZE];
	int r;

	fuzz_fill(&address, sizeof(address));
	r = pci_address_parse(text, &address);
	MUST((r == 0) == MATCHES(text, DEVICE "\\.[0-7]$"));
	if (r < 0) {
		MUST(r == -EINVAL && fuzz_is_untouched(&address, sizeof(address)));
		return false;
	}
	pci_address_format(&address, formatted);
	MUST(same_address(text, formatted));
	MUST(pci_address_parse(formatted, &again) == 0 &&
	     pci_address_compare(&again, &address) == 0);
	return true;
}

static bool try_id(const char *text)
{
	char formatted[PCI_ID_SIZE];
	struct pci_id id, again;
	int r;

	fuzz_fill(&id, sizeof(id));
	r = pci_id_parse(text, &id);
	MUST((r == 0) == MATCHES(text, "^" PAIR "(/" PAIR ")?$"));
	if (r < 0) {
		MUST(r == -EINVAL && fuzz_is_untouched(&id, sizeof(id)));
		return false;
	}
	MUST(id.has_subsystem == (strchr(text, '/') != NULL));
	pci_id_format(&id, formatted);
	MUST(strcasecmp(text, formatted) == 0);
	MUST(pci_id_parse(formatted, &again) == 0 && pci_id_matches(&id, &again) &&
	     pci_id_matches(&again, &id));
	return true;
}

static bool fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	bool device = try_device(text);
	bool address = try_address(text);
	bool id = try_id(text);

	MUST(pci_driver_name_valid(text) == MATCHES(text, "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$"));
	return device || address || id;
}
