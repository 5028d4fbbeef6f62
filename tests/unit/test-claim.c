/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/claim.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "scratch.h"
#include "tap.h"

#define BOOT_ID "b0070000-0000-4000-8000-000000000001"

#define TEN "1234567890"
#define FIFTY TEN TEN TEN TEN TEN
#define NAME_249 FIFTY FIFTY FIFTY FIFTY TEN TEN TEN TEN "123456789"
#define UMLAUTS_250 "äöüßÄÖÜéèêçñåæøþðœłšžčřěůýťď" /* two bytes each */

static const char *const hostile_names[] = {
	"win",
	"a b",
	" leading",
	"trailing ",
	"tab\there",
	"line\nbreak",
	"\r",
	"\"quoted\"",
	"it's",
	"[claim]",
	"]",
	";comment",
	"a ;b",
	"#",
	"a = b",
	"a:b",
	"%",
	"%41",
	"%%",
	"100%",
	"\\x41",
	"..",
	".",
	"0000:02:00.0",
	"Bücher & Spiele",
	"\xc3\x28",
	"\xff\xfe",
	"\x01\x7f",
	"日本語",
	"\xef\xbb\xbf"
	"bom",
	"-rf",
	"$(reboot)",
	NAME_249,
	UMLAUTS_250 UMLAUTS_250,
};

/* ---- claims ------------------------------------------------------------------------------- */

static void set(char **part, const char *text)
{
	free(*part);
	*part = text ? strdup(text) : NULL;
}

static struct claim_function *add_function(struct claim *claim, const char *name)
{
	struct claim_function *function;

	if (array_grow(&claim->functions, claim->function_count, sizeof(*function)) < 0)
		abort();
	function = &claim->functions[claim->function_count++];
	if (pci_address_parse(name, &function->address) < 0)
		abort();
	pci_address_format(&function->address, function->name);
	function->id = (struct pci_id){ 0x1e57, 0x0010, true, 0x1e57, 0xa001 };
	set(&function->vfio_driver, "vfio-pci");
	return function;
}

/* Three functions in which every field has been used. */
static struct claim whole_claim(const char *vm)
{
	struct claim claim = { .phase = CLAIM_HELD, .timeout_ms = 45000 };
	struct claim_function *function;

	set(&claim.vm, vm);
	set(&claim.uuid, "8d1f6c3e-0000-4a5b-9c7d-000000000001");
	set(&claim.boot_id, BOOT_ID);
	set(&claim.token, "0123456789abcdef");
	strings_add(&claim.units, "display-manager.service");
	strings_add(&claim.units, "a\\x2db@" FIFTY FIFTY FIFTY ".service");
	strings_add(&claim.modules, "nvidia");
	strings_add(&claim.modules, "nvidia_drm");
	strings_add(&claim.framebuffers, "efi-framebuffer/efi-framebuffer.0");
	strings_add(&claim.consoles, "vtcon1");
	strings_add(&claim.failures, "0000:02:00.0: cannot bind to \"bochs-drm\": 100% ; [no]");
	strings_add(&claim.failures, " Ärger\t");
	function = add_function(&claim, "0000:02:00.0");
	function->group = 14;
	function->drm_before = true;
	set(&function->before.driver, "bochs-drm");
	set(&function->module, "bochs");
	set(&function->before.driver_override, "bochs-drm");
	set(&function->before.power_control, "auto");
	set(&function->before.d3cold_allowed, "0");
	function = add_function(&claim, "0000:02:00.1");
	function->group = -1;
	function->card_before = true;
	function->restore = CONFIG_RESTORE_STAY;
	set(&function->vfio_driver, "maker_vfio_pci");
	function = add_function(&claim, "10000:e1:1f.7");
	function->group = 2147483647;
	function->restore = CONFIG_RESTORE_DRIVER;
	set(&function->restore_driver, "xhci_hcd");
	return claim;
}

static bool same_function(const struct claim_function *a, const struct claim_function *b)
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

static bool same_list(const struct strings *a, const struct strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool same_claim(const struct claim *a, const struct claim *b)
{
	if (!text_same(a->vm, b->vm) || !text_same(a->uuid, b->uuid) ||
	    !text_same(a->boot_id, b->boot_id) || !text_same(a->token, b->token) ||
	    !same_list(&a->units, &b->units) || !same_list(&a->modules, &b->modules) ||
	    !same_list(&a->framebuffers, &b->framebuffers) ||
	    !same_list(&a->consoles, &b->consoles) || !same_list(&a->failures, &b->failures) ||
	    a->phase != b->phase || a->timeout_ms != b->timeout_ms ||
	    a->function_count != b->function_count)
		return false;
	for (size_t i = 0; i < a->function_count; i++)
		if (!same_function(&a->functions[i], &b->functions[i]))
			return false;
	return true;
}

static bool comes_back(const struct claim *claim)
{
	_cleanup_claim_ struct claim back = CLAIM_INIT;
	_cleanup_free_ char *text = claim_format(claim);

	return text && claim_parse("f", text, strlen(text), &back, NULL) == 0 &&
	       same_claim(claim, &back);
}

/* ---- round trips -------------------------------------------------------------------------- */

static void test_round_trip(void)
{
	_cleanup_claim_ struct claim claim = whole_claim("win");
	_cleanup_claim_ struct claim empty = { .phase = CLAIM_RESERVING, .timeout_ms = 1 };

	CHECK(comes_back(&claim), "every field of a claim comes back");
	for (int phase = CLAIM_RESERVING; phase <= CLAIM_RELEASING; phase++) {
		claim.phase = (enum claim_phase)phase;
		CHECK(comes_back(&claim), "phase %d comes back", (int)claim.phase);
	}
	set(&claim.uuid, NULL);
	CHECK(comes_back(&claim), "no UUID comes back as none");
	set(&empty.vm, "v");
	set(&empty.boot_id, BOOT_ID);
	CHECK(comes_back(&empty), "a claim without functions comes back");
}

static void test_hostile_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile_names); i++) {
		_cleanup_claim_ struct claim claim = whole_claim(hostile_names[i]);
		_cleanup_free_ char *shown = text_quote(hostile_names[i]);

		CHECK(comes_back(&claim), "the VM's name comes back: %s", shown);
	}
}

/* What a claim's names may not be: a line more, a path, an option of a program. */
static bool is_elsewhere(const char *name)
{
	return strpbrk(name, "/\n") || *name == '-' || strcmp(name, ".") == 0 ||
	       strcmp(name, "..") == 0;
}

/* Drivers' and overrides' texts are the kernel's: else nothing is taken for granted of them. */
static void test_hostile_values(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile_names); i++) {
		_cleanup_claim_ struct claim claim = whole_claim("win");
		struct pci_state *before = &claim.functions[0].before;
		_cleanup_free_ char *shown = text_quote(hostile_names[i]);

		if (is_elsewhere(hostile_names[i]))
			continue;
		set(&before->driver, hostile_names[i]);
		set(&before->driver_override, hostile_names[i]);
		set(&before->power_control, hostile_names[i]);
		set(&before->d3cold_allowed, hostile_names[i]);
		set(&claim.functions[0].module, hostile_names[i]);
		CHECK(comes_back(&claim), "a recorded state comes back: %s", shown);
	}
}

static void test_every_byte(void)
{
	unsigned int lost = 0;

	for (int byte = 1; byte < 256; byte++) {
		const char alone[] = { (char)byte, '\0' };
		const char amid[] = { 'a', (char)byte, 'b', '\0' };
		_cleanup_claim_ struct claim first = whole_claim(alone);
		_cleanup_claim_ struct claim second = whole_claim(amid);

		lost += !comes_back(&first) + !comes_back(&second);
	}
	CHECK(lost == 0, "every byte comes back, alone and amid others");
}

/* ---- what is no claim --------------------------------------------------------------------- */

static void test_truncation(void)
{
	_cleanup_claim_ struct claim claim = whole_claim("Bücher & ]Spiele; 100%");
	_cleanup_free_ char *text = NULL;
	size_t length, accepted = 0, wrong = 0;

	for (size_t i = 0; i < 9; i++) {
		_cleanup_free_ char *name = text_format("10000:e2:00.%zu", i % 8);

		if (i < 8)
			add_function(&claim, name);
	}
	text = claim_format(&claim);
	length = strlen(text);
	for (size_t cut = 0; cut < length; cut++) {
		_cleanup_claim_ struct claim back = CLAIM_INIT;
		_cleanup_error_ struct error error = ERROR_INIT;
		int r = claim_parse("f", text, cut, &back, &error);

		if (r == 0) {
			accepted++;
			wrong += !same_claim(&claim, &back);
		} else if (r != -EINVAL || !error.what || back.vm || back.functions) {
			wrong++;
		}
	}
	CHECK(claim.function_count == 11, "a claim with two digits in its count");
	CHECK(accepted == 1 && wrong == 0, "a claim cut off anywhere but before its last newline "
					   "is refused, the result untouched");
}

static void test_changed_bytes(void)
{
	static const char bytes[] = { '\0', '\n', ' ', '%', ';', '=',   '[',
				      ']',  '0',  'f', 'z', '-', '\xff' };
	_cleanup_claim_ struct claim claim = whole_claim("a b%c");
	_cleanup_free_ char *text = claim_format(&claim);
	size_t length = strlen(text);
	unsigned int unstable = 0, refused = 0;

	for (size_t i = 0; i < length; i++)
		for (size_t j = 0; j < ARRAY_SIZE(bytes); j++) {
			_cleanup_claim_ struct claim back = CLAIM_INIT;
			_cleanup_error_ struct error error = ERROR_INIT;
			char was = text[i];
			int r;

			text[i] = bytes[j];
			r = claim_parse("f", text, length, &back, &error);
			text[i] = was;
			refused += r < 0;
			unstable += r == 0 ? !comes_back(&back) : !error.what;
		}
	CHECK(refused > length && unstable == 0, "any byte changed: refused with a message, or a "
						 "claim that comes back as it was read");
}

static void check_text_refused(const char *text, int code, const char *message, const char *what)
{
	_cleanup_claim_ struct claim back = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = claim_parse("f", text, strlen(text), &back, &error);

	CHECK(r == code && !back.vm && !back.functions, "refused: %s", what);
	CHECK_TEXT(error.what, message, "the message: %s", what);
}

#define HEAD "[claim]\nversion = 1\nvm = v\nboot-id = b\nphase = held\ntimeout-ms = 5\n"
#define FUNCTION "[function 0000:01:00.0]\nid = 1e57:0010/1e57:a001\nvfio-driver = vfio-pci\n"
#define END "[end]\nfunctions = 1\n"

static void test_refused(void)
{
	_cleanup_claim_ struct claim good = CLAIM_INIT;

	CHECK(claim_parse("f", HEAD FUNCTION END, strlen(HEAD FUNCTION END), &good, NULL) == 0,
	      "the pattern of the texts below is a claim");
	check_text_refused("", -EINVAL, "f: the claim is incomplete", "nothing");
	check_text_refused("[claim]\nversion = 2\n", -ENOTSUP,
			   "f: the claim is of version 2, this gpu-handoff knows version 1",
			   "another version");
	check_text_refused("[claim]\nversion = 2\nnew-key = 1\n", -ENOTSUP,
			   "f: the claim is of version 2, this gpu-handoff knows version 1",
			   "another version, whatever stands in it");
	check_text_refused("[claim]\nversion = one\n", -EINVAL, "f:2: malformed number",
			   "a version that is no number");
	check_text_refused("[claim]\nversion = 1\nnew-key = 1\n", -EINVAL, "f:3: unknown key",
			   "an unknown key");
	check_text_refused(HEAD FUNCTION "new-key = 1\n" END, -EINVAL, "f:10: unknown key",
			   "an unknown key of a function");
	check_text_refused(HEAD FUNCTION "[new]\nkey = 1\n" END, -EINVAL, "f:10: unknown section",
			   "an unknown section");
	check_text_refused(HEAD FUNCTION, -EINVAL, "f: the claim is incomplete", "no end");
	check_text_refused(HEAD END, -EINVAL, "f:8: functions are missing",
			   "fewer functions than were written");
	check_text_refused(HEAD FUNCTION "[end]\nfunctions = 2\n", -EINVAL,
			   "f:11: functions are missing", "another count of functions");
	check_text_refused(HEAD FUNCTION "[end]\nother = 1\n", -EINVAL, "f:11: unknown key",
			   "an end that counts something else");
	check_text_refused(HEAD "[end]\nfunctions = 0\n" FUNCTION, -EINVAL,
			   "f:9: section behind the end", "a function behind the end");
	check_text_refused("[claim]\nversion = 1\nvm = v\nphase = held\ntimeout-ms = 5\n[end]\n"
			   "functions = 0\n",
			   -EINVAL, "f: the claim is incomplete", "no boot id");
	check_text_refused("[claim]\nversion = 1\nvm = %4\n", -EINVAL, "f:3: malformed value",
			   "half an encoded byte");
	check_text_refused("[claim]\nversion = 1\nvm = a%00b\n", -EINVAL, "f:3: malformed value",
			   "an encoded zero byte");
	check_text_refused("[claim]\nversion = 1\nphase = taken\n", -EINVAL, "f:3: unknown word",
			   "an unknown phase");
	check_text_refused("[claim]\nversion = 1\ntimeout-ms = 0\n", -EINVAL,
			   "f:3: malformed number", "no time");
	check_text_refused("[claim]\nversion = 1\ntimeout-ms = 99999999999\n", -EINVAL,
			   "f:3: malformed number", "a time out of range");
	check_text_refused(HEAD "[function 0000:01:00]\n", -EINVAL, "f:7: malformed section",
			   "a function's section without its function");
	check_text_refused(HEAD "[function 0000:01:00.0]\nid = 1e57:0010/1e57:a001\n" END, -EINVAL,
			   "f: the claim is incomplete", "a function without a VFIO driver");
	check_text_refused(HEAD
			   "[function 0000:01:00.0]\nid = 1e57:0010\nvfio-driver = vfio-pci\n" END,
			   -EINVAL, "f: the claim is incomplete", "an id without subsystem");
	check_text_refused(HEAD "[function 0000:01:00.0]\nvfio-driver = vfio-pci\n" END, -EINVAL,
			   "f: the claim is incomplete", "a function without an id");
	check_text_refused(HEAD FUNCTION "restore = driver\n" END, -EINVAL,
			   "f: the claim is incomplete", "restore = driver without the driver");
	check_text_refused(HEAD FUNCTION "group = -2\n" END, -EINVAL, "f:10: malformed number",
			   "a negative group");
	check_text_refused(HEAD FUNCTION "[function 0000:00:00.0]\nid = 1e57:0010/1e57:a001\n"
					 "vfio-driver = vfio-pci\n[end]\nfunctions = 2\n",
			   -EINVAL, "f: the claim is incomplete", "functions out of order");
}

/* A claim of root's own making, in which a name leads elsewhere: not followed, nor written. */
static void check_name_refused(struct claim claim, const char *message, const char *what)
{
	_cleanup_free_ char *text = claim_format(&claim);
	_cleanup_free_ char *reason = text_format("f: malformed %s", message);
	_cleanup_error_ struct error error = ERROR_INIT;

	check_text_refused(text, -EINVAL, reason, what);
	CHECK(claim_check_names("f", &claim, &error) == -EINVAL && text_same(error.what, reason),
	      "nor written: %s", what);
	claim_clear(&claim);
}

static struct claim with_list(size_t at, const char *item)
{
	struct claim claim = whole_claim("win");
	struct strings *lists[] = { &claim.units, &claim.modules, &claim.framebuffers,
				    &claim.consoles };

	strings_add(lists[at], item);
	return claim;
}

static struct claim with_text(size_t at, const char *text)
{
	struct claim claim = whole_claim("win");
	struct claim_function *first = &claim.functions[0];
	char **texts[] = { &first->vfio_driver,
			   &first->before.driver,
			   &first->module,
			   &first->before.driver_override,
			   &first->before.power_control,
			   &first->before.d3cold_allowed,
			   &claim.functions[2].restore_driver };

	set(texts[at], text);
	return claim;
}

static void test_names_elsewhere(void)
{
	check_name_refused(with_list(0, "--now"), "unit \"--now\"", "an option as a unit");
	check_name_refused(with_list(1, "../../x"), "module \"../../x\"", "a path as a module");
	check_name_refused(with_list(1, "-rf"), "module \"-rf\"", "an option as a module");
	check_name_refused(with_list(2, "vtcon1"), "framebuffer \"vtcon1\"", "half a framebuffer");
	check_name_refused(with_list(2, "../x"), "framebuffer \"../x\"", "a framebuffer above");
	check_name_refused(with_list(2, "a/b/c"), "framebuffer \"a/b/c\"", "a framebuffer below");
	check_name_refused(with_list(2, "a/.."), "framebuffer \"a/..\"", "no framebuffer");
	check_name_refused(with_list(3, "x/y"), "console \"x/y\"", "a path as a console");
	check_name_refused(with_text(0, "../x"), "vfio-driver \"../x\"", "a path as VFIO's driver");
	check_name_refused(with_text(1, ".."), "driver \"..\"", "a directory as a driver");
	check_name_refused(with_text(2, "-C/tmp"), "module \"-C/tmp\"",
			   "an option as a driver's module");
	check_name_refused(with_text(3, "a\nb"), "driver-override \"a\\x0ab\"",
			   "an override of two lines");
	check_name_refused(with_text(4, "a/b"), "power-control \"a/b\"", "a path as a state");
	check_name_refused(with_text(5, "1\n"), "d3cold-allowed \"1\\x0a\"", "two lines as one");
	check_name_refused(with_text(6, "."), "restore-driver \".\"",
			   "a directory as the driver afterwards");
}

/* ---- as files ----------------------------------------------------------------------------- */

struct place {
	struct scratch scratch;
	struct store store;
};

static void place_open(struct place *place)
{
	place->scratch = scratch_open();
	place->store = STORE_INIT;
	scratch_directory(&place->scratch, "run");
	if (store_open(&place->scratch.root, &place->store, NULL) < 0)
		scratch_fail("cannot open the store");
}

static void place_close(struct place *place)
{
	store_close(&place->store);
	scratch_close(&place->scratch);
}

#define _cleanup_place_ __attribute__((cleanup(place_close)))

static bool can_be_a_file(const char *name)
{
	return strlen(name) <= 249;
}

static void test_files(void)
{
	_cleanup_place_ struct place place;
	_cleanup_strings_ struct strings vms = STRINGS_INIT;
	size_t written = 0;

	place_open(&place);
	for (size_t i = 0; i < ARRAY_SIZE(hostile_names); i++) {
		_cleanup_claim_ struct claim claim = whole_claim(hostile_names[i]);
		_cleanup_claim_ struct claim back = CLAIM_INIT;
		_cleanup_error_ struct error error = ERROR_INIT;
		_cleanup_free_ char *shown = text_quote(hostile_names[i]);

		if (!can_be_a_file(hostile_names[i]))
			continue;
		written++;
		CHECK(claim_read(&place.store, hostile_names[i], &back, &error) == -ENOENT &&
			      !error.code,
		      "no claim yet, which is no error: %s", shown);
		CHECK(claim_write(&place.store, &claim, &error) == 0 &&
			      claim_read(&place.store, hostile_names[i], &back, &error) == 0 &&
			      same_claim(&claim, &back),
		      "a claim is written and read: %s", shown);
	}
	CHECK(claim_list(&place.store, &vms, NULL) == 0 && vms.count == written,
	      "all claims are listed, and nothing else");
	for (size_t i = 0; i < ARRAY_SIZE(hostile_names); i++)
		if (can_be_a_file(hostile_names[i]) && !strings_contain(&vms, hostile_names[i]))
			CHECK(false, "the list has the VM %zu", i);
	for (size_t i = 0; i < vms.count; i++)
		claim_remove(&place.store, vms.items[i], NULL);
	CHECK(claim_list(&place.store, &vms, NULL) == 0 && vms.count == 0, "removed, all are gone");
	CHECK(claim_remove(&place.store, "win", NULL) == 0, "removing none is no error");
}

static void test_rewrite(void)
{
	_cleanup_place_ struct place place;
	_cleanup_claim_ struct claim claim = whole_claim("win");
	_cleanup_claim_ struct claim back = CLAIM_INIT;
	struct stat status;

	place_open(&place);
	claim.phase = CLAIM_ACQUIRING;
	claim_write(&place.store, &claim, NULL);
	claim.phase = CLAIM_HELD;
	CHECK(claim_write(&place.store, &claim, NULL) == 0 &&
		      claim_read(&place.store, "win", &back, NULL) == 0 &&
		      same_claim(&claim, &back),
	      "a claim written again replaces the old one");
	CHECK(fstatat(place.store.claims_fd, "win.claim", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		      (status.st_mode & 07777) == 0600,
	      "nobody else can read it");
}

/* Who was killed while it wrote a claim leaves a file that only the next writer would replace. */
static void leave_temporary(const struct store *store)
{
	int fd = openat(store->claims_fd, ".claim.gpu-handoff~", O_WRONLY | O_CREAT, 0600);

	CHECK(fd >= 0 && close(fd) == 0, "a claim that was being written is there");
}

static bool has_temporary(const struct store *store)
{
	return faccessat(store->claims_fd, ".claim.gpu-handoff~", F_OK, 0) == 0;
}

static void test_half_written(void)
{
	_cleanup_place_ struct place place;
	_cleanup_claim_ struct claim claim = whole_claim("win");
	_cleanup_strings_ struct strings vms = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int lock;

	place_open(&place);
	leave_temporary(&place.store);
	CHECK(claim_list(&place.store, &vms, NULL) == 0 && vms.count == 0, "it is no VM's claim");
	CHECK(claim_write(&place.store, &claim, NULL) == 0 && !has_temporary(&place.store),
	      "a VM's claim is written in its place");
	mkdirat(place.store.claims_fd, ".claim.gpu-handoff~", 0700);
	CHECK(claim_write(&place.store, &claim, &error) == -EISDIR &&
		      text_same(error.hint, "Look at what it is, then remove it: rm -r "
					    "/run/gpu-handoff/vm/.claim.gpu-handoff~"),
	      "a directory in its place: refused, with what to do");
	unlinkat(place.store.claims_fd, ".claim.gpu-handoff~", AT_REMOVEDIR);
	leave_temporary(&place.store);
	CHECK(claim_remove(&place.store, "win", NULL) == 0 && !has_temporary(&place.store),
	      "it goes with a claim");
	leave_temporary(&place.store);
	lock = store_lock_claims(&place.store, NULL, NULL);
	claim_sweep(&place.store);
	CHECK(lock >= 0 && has_temporary(&place.store),
	      "it stays while somebody may be writing it");
	close(lock);
	claim_sweep(&place.store);
	CHECK(!has_temporary(&place.store), "and goes otherwise");
}

/* A claim that cannot be trusted: the message names the file and says what to do. */
static void check_unreadable(const struct place *place, const char *vm, const char *message,
			     const char *what)
{
	_cleanup_claim_ struct claim back = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	int r = claim_read(&place->store, vm, &back, &error);

	text = error_text(&error);
	CHECK(r < 0 && r != -ENOENT && !back.vm, "not read: %s", what);
	CHECK_TEXT(text, message, "the message: %s", what);
	CHECK(error.hint && strstr(error.hint, "lspci -k"), "what to do: %s", what);
}

static void put_file(const struct place *place, const char *name, const char *text)
{
	_cleanup_free_ char *path = text_format("run/gpu-handoff/vm/%s", name);

	scratch_file(&place->scratch, path, text);
}

static void test_unreadable(void)
{
	_cleanup_place_ struct place place;
	_cleanup_claim_ struct claim claim = whole_claim("other");
	_cleanup_free_ char *text = claim_format(&claim);

	place_open(&place);
	put_file(&place, "win.claim", text);
	check_unreadable(&place, "win", "/run/gpu-handoff/vm/win.claim: the claim is another VM's",
			 "another VM's claim under this one's name");
	put_file(&place, "win.claim", "");
	check_unreadable(&place, "win", "/run/gpu-handoff/vm/win.claim: the claim is incomplete",
			 "an empty file");
	unlinkat(place.store.claims_fd, "win.claim", 0);
	scratch_link(&place.scratch, "run/gpu-handoff/vm/win.claim", "elsewhere");
	check_unreadable(&place, "win",
			 "cannot read the claim /run/gpu-handoff/vm/win.claim: it is not a regular "
			 "file that is root's alone",
			 "a link");
	unlinkat(place.store.claims_fd, "win.claim", 0);
	scratch_fifo(&place.scratch, "run/gpu-handoff/vm/win.claim");
	check_unreadable(&place, "win",
			 "cannot read the claim /run/gpu-handoff/vm/win.claim: it is not a regular "
			 "file that is root's alone",
			 "a FIFO, without waiting for its writer");
	unlinkat(place.store.claims_fd, "win.claim", 0);
	put_file(&place, "win.claim", "x");
	fchmodat(place.store.claims_fd, "win.claim", 0622, 0);
	check_unreadable(&place, "win",
			 "cannot read the claim /run/gpu-handoff/vm/win.claim: it is not a regular "
			 "file that is root's alone",
			 "a file that others can write to");
	put_file(&place, "a\nb.claim", "x");
	check_unreadable(&place, "a\nb",
			 "/run/gpu-handoff/vm/a\\x0ab.claim:1: line without \"=\": \"x\"",
			 "a name with a newline, which is shown as text");
}

static void test_long_name(void)
{
	_cleanup_place_ struct place place;
	_cleanup_claim_ struct claim claim = whole_claim(NAME_249 "x");
	_cleanup_claim_ struct claim back = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;

	place_open(&place);
	CHECK(claim_read(&place.store, claim.vm, &back, &error) == -ENOENT && !error.code,
	      "a name that is too long for a file has no claim");
	CHECK(claim_write(&place.store, &claim, &error) == -ENAMETOOLONG && error.what,
	      "and gets none: an error, not a claim under a shorter name");
}

static void put_boot_id(const struct place *place, const char *id)
{
	scratch_file(&place->scratch, "proc/sys/kernel/random/boot_id", id);
}

static void test_boot(void)
{
	_cleanup_place_ struct place place;
	_cleanup_claim_ struct claim claim = whole_claim("win");
	_cleanup_error_ struct error error = ERROR_INIT;

	place_open(&place);
	CHECK(claim_check_boot(&place.scratch.root, &claim, &error) == -EIO && error.what,
	      "without a boot id, no claim is believed");
	put_boot_id(&place, BOOT_ID "\n");
	CHECK(claim_check_boot(&place.scratch.root, &claim, &error) == 0, "a claim of this boot");
	put_boot_id(&place, "b0070000-0000-4000-8000-000000000002\n");
	CHECK(claim_check_boot(&place.scratch.root, &claim, &error) == -ESTALE,
	      "a claim of an earlier boot");
	CHECK_TEXT(error.what, "the claim of the VM \"win\" is from before the last boot",
		   "the message about it");
	CHECK(error.hint && strstr(error.hint, "remove the file /run/gpu-handoff/vm/win.claim"),
	      "it names the file");
}

/* ---- whose claim it is --------------------------------------------------------------------- */

static void check_owner(const char *vm, const char *wanted, bool hotplug)
{
	_cleanup_free_ char *shown = text_quote(vm);

	CHECK(text_same(claim_owner(vm), wanted), "the owner of <%s> is <%s>", shown,
	      wanted ? wanted : "nobody");
	CHECK(claim_is_hotplug(vm) == hotplug, "<%s> is %shot-plugged", shown,
	      hotplug ? "" : "not ");
}

static void test_owner(void)
{
	struct pci_address address;

	check_owner("win", "win", false);
	check_owner("hotplug:0000:02:00.0:win", "win", true);
	check_owner("hotplug:10000:e1:1f.7:a:b.c", "a:b.c", true);
	check_owner("hotplug:ffffffff:e1:1f.7:win", "win", true);
	check_owner("hotplug:0000:02:00.0:hotplug:0000:02:00.0:win", "hotplug:0000:02:00.0:win",
		    true);
	check_owner("hotplug:0000:02:00.0:boot.ini:0000:01:00", "boot.ini:0000:01:00", true);
	check_owner("boot.ini:0000:01:00", NULL, false);
	check_owner("hotplug:0000:02:00.0:", "hotplug:0000:02:00.0:", false);
	check_owner("hotplug:0000:02:00.0", "hotplug:0000:02:00.0", false);
	check_owner("hotplug:0000:02:00:win", "hotplug:0000:02:00:win", false);
	check_owner("hotplug:02:00.0:win", "hotplug:02:00.0:win", false);
	check_owner("hotplug:0000:02:00.9:win", "hotplug:0000:02:00.9:win", false);
	check_owner("hotplug:0000:0A:00.0:win", "hotplug:0000:0A:00.0:win", false);
	check_owner("hotplug:", "hotplug:", false);
	for (size_t i = 0; i < ARRAY_SIZE(hostile_names); i++) {
		_cleanup_free_ char *name = NULL;

		pci_address_parse("0000:02:00.0", &address);
		name = claim_hotplug_name(&address, hostile_names[i]);
		check_owner(name, hostile_names[i], true);
	}
	CHECK(claim_same_owner("win", "hotplug:0000:02:00.0:win"), "one VM, two claims");
	CHECK(!claim_same_owner("win", "hotplug:0000:02:00.0:mac"), "two VMs");
	CHECK(!claim_same_owner("boot.ini:0000:01:00", "boot.ini:0000:01:00"),
	      "claims of the boot's are nobody's, so not the same one's");
}

static void test_title(void)
{
	_cleanup_free_ char *plain = claim_title("a\nb");
	_cleanup_free_ char *hotplug = claim_title("hotplug:0000:02:00.0:win");
	_cleanup_free_ char *boot = claim_title("boot.ini:0000:01:00");

	CHECK_TEXT(plain, "VM \"a\\x0ab\"", "a VM's title");
	CHECK_TEXT(hotplug, "VM \"win\" (hot-plugged)", "a hot-plugged device's title");
	CHECK_TEXT(boot, "VM \"boot.ini:0000:01:00\"", "the boot's title");
}

int main(void)
{
	test_round_trip();
	test_hostile_names();
	test_hostile_values();
	test_every_byte();
	test_truncation();
	test_changed_bytes();
	test_refused();
	test_names_elsewhere();
	test_files();
	test_rewrite();
	test_half_written();
	test_unreadable();
	test_long_name();
	test_boot();
	test_owner();
	test_title();
	return tap_done();
}
