/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: tree MACHINE.tree CASE.case
 *
 * Prints what the engine does with a machine: its warnings, its plans step by step, and what
 * `virsh start` would print when it refuses. The engine is the real one, from acquire() and
 * restore_claim() down to what a worker is told to do; stood in for are the workers (kernel.h
 * answers), udev, and nothing else. tests/trees/README has the formats.
 */
#include "fail.h"
#include "kernel.h"
#include "machine.h"

#include <dlfcn.h>
#include <pthread.h>

#include <sys/mman.h>

#include "base/file.h"
#include "handoff/acquire.h"
#include "handoff/report.h"
#include "handoff/restore.h"
#include "host/udev.h"

/* The real one, under a name that leaves apply_plan() to the plan's printing below. */
#define apply_plan apply_plan_for_real
/* Devices one after the other, so that what they do has one order. */
#define pthread_create(thread, attributes, function, data) EAGAIN
#include "handoff/apply.c"
#undef pthread_create
#undef apply_plan
int apply_plan(struct apply *apply, const struct plan *plan, struct errors *errors);

/* The real one, whose pauses end at once: it goes on by them. */
static int read_clock(struct timespec *ret_now);
static int skip_pause(const struct timespec *pause);
#define clock_gettime(clock, ret_now) read_clock(ret_now)
#define nanosleep(pause, ret_rest) skip_pause(pause)
#include "base/clock.c"
#undef nanosleep
#undef clock_gettime

#define VM "win"
#define UUID "8d1f6c3e-0000-4a5b-9c7d-000000000001"

static struct machine machine;

/* A case: its sections, empty ones as "". */
struct test_case {
	char *machine, *ini, *vm, *fail, *ignored, *meanwhile, *fail_later;
	unsigned int machine_line, meanwhile_line;
};

static struct test_case test;

/* With fail.c preloaded, what is ours does not fail. */
static void pause_failures(bool pause)
{
	__typeof__(fail_pause) *preloaded = dlsym(RTLD_DEFAULT, "fail_pause");

	if (preloaded)
		preloaded(pause);
}

/* ---- instead of pauses, workers, udev, and apply_plan() ----------------------------------- */

static time_t skipped_s;

static int read_clock(struct timespec *ret_now)
{
	clock_gettime(CLOCK_MONOTONIC, ret_now);
	ret_now->tv_sec += skipped_s;
	return 0;
}

/* Whole seconds, so that none is too short. */
static int skip_pause(const struct timespec *pause)
{
	skipped_s += pause->tv_sec + (pause->tv_nsec > 0);
	return 0;
}

/* Whether carrying the plan out would change anything. */
static bool plan_changes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan_step_changes(&plan->steps[i]))
			return true;
	return false;
}

/* Whether the case has a line "ADDRESS: STEP" for the step in this section. */
static bool has_step(const char *section, const struct worker_call *call)
{
	_cleanup_free_ char *line =
		call->device ? text_format("%s: %s", call->device, call->step) : strdup(call->step);
	_cleanup_free_ char *lines = strdup(section);
	char *rest = NULL;

	for (char *c = strtok_r(lines, "\n", &rest); c; c = strtok_r(NULL, "\n", &rest))
		if (strcmp(c, line) == 0)
			return true;
	return false;
}

/* A function that is called in a worker reads the machine by itself, which may fail there too. */
static int call_function(const struct worker_call *call, char **ret_text)
{
	_cleanup_close_ int output_fd = memfd_create("output", MFD_CLOEXEC);
	size_t length;
	int r;

	pause_failures(false);
	r = call->function(&machine.root, output_fd, call->data);
	pause_failures(true);
	if (lseek(output_fd, 0, SEEK_SET) < 0 ||
	    file_read(output_fd, WORKER_OUTPUT_MAX_BYTES, ret_text, &length) < 0)
		die("cannot read what was written");
	return r;
}

static int answer_write(const struct worker_call *call)
{
	return has_step(test.ignored, call) ? 0 : kernel_write(&machine, call->path, call->text);
}

static int answer_call(const struct worker_call *call, char **ret_text)
{
	int r = 0;

	if (has_step(test.fail, call))
		return call->access == WORKER_EXECUTE ? 1 : -EIO;
	switch (call->access) {
	case WORKER_EXECUTE:
		return kernel_load(&machine, call->arguments[3]);
	case WORKER_OPEN:
		return root_exists(&machine.root, "%s", call->path) ? 0 : -ENOENT;
	case WORKER_READ:
		return root_read(&machine.root, 4096, ret_text, "%s", call->path);
	case WORKER_WRITE:
		return answer_write(call);
	case WORKER_WRITE_READ:
		r = answer_write(call);
		return r < 0 ? r : root_read(&machine.root, 4096, ret_text, "%s", call->path);
	case WORKER_CALL:
		return call_function(call, ret_text);
	}
	return r;
}

int worker_run(const struct worker_context *context, const struct worker_call *call,
	       int *ret_answer, char **ret_text, struct error *error)
{
	(void)context;
	(void)error;
	pause_failures(true);
	*ret_answer = answer_call(call, ret_text);
	pause_failures(false);
	return 0;
}

int worker_wait_idle(const struct worker_context *context, const char *device, bool to_the_end,
		     struct error *error)
{
	(void)to_the_end;
	(void)context;
	(void)device;
	(void)error;
	return 0;
}

/* Every function has a record, and the machine that the tests run on is not asked. */
void udev_hwdb_names(const char *modalias, char **ret_vendor, char **ret_model)
{
	(void)ret_vendor;
	(void)ret_model;
	/* the record cannot be read: there is no name */
	if (dlsym(RTLD_DEFAULT, "fail_pause"))
		return;
	die("this machine's hardware database is asked for %s", modalias);
}

struct udev_watch *udev_watch_new(unsigned long long after)
{
	(void)after;
	return NULL;
}

int udev_watch_wait_bound(struct udev_watch *watch, const char *name, int64_t deadline_ms)
{
	(void)watch;
	(void)name;
	(void)deadline_ms;
	return 0;
}

void udev_watch_free(struct udev_watch *watch)
{
	(void)watch;
}

bool udev_knows_node(dev_t number)
{
	(void)number;
	return true;
}

int apply_plan(struct apply *apply, const struct plan *plan, struct errors *errors)
{
	pause_failures(true);
	printf("plan, %s:%s\n",
	       apply->mode == APPLY_STOP_AT_FAILURE ? "the way forward" : "the way back",
	       plan_changes(plan) ? "" : " changes nothing");
	for (size_t i = 0; i < plan->step_count; i++) {
		_cleanup_free_ char *text = plan_step_text(plan, &plan->steps[i]);

		printf("  %s\n", text);
	}
	pause_failures(false);
	return apply_plan_for_real(apply, plan, errors);
}

/* ---- the case ----------------------------------------------------------------------------- */

static void start_section(const char *name, char *rest)
{
	const struct {
		const char *name;
		char **text;
		unsigned int *line;
	} sections[] = {
		{ "machine", &test.machine, &test.machine_line },
		{ "ini", &test.ini, NULL },
		{ "vm", &test.vm, NULL },
		{ "fail", &test.fail, NULL },
		{ "ignored", &test.ignored, NULL },
		{ "meanwhile", &test.meanwhile, &test.meanwhile_line },
		{ "fail-later", &test.fail_later, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strcmp(name, sections[i].name) == 0) {
			*sections[i].text = rest;
			if (sections[i].line)
				*sections[i].line = reading_line;
			return;
		}
	die("unknown section \"%s\"", name);
}

/* Cuts the text at its lines "--- SECTION". What stands before the first says what the case is. */
static void read_case(char *text)
{
	static char empty[1];

	test = (struct test_case){ empty, empty, empty, empty, empty, empty, empty, 0, 0 };
	while (text) {
		char *line = text;
		char *end = strchr(line, '\n');

		reading_line++;
		text = end ? end + 1 : NULL;
		if (strncmp(line, "--- ", 4) != 0)
			continue;
		if (!end)
			die("empty section");
		*end = '\0';
		*line = '\0';
		start_section(line + 4, text);
	}
}

/* "hostdev|interface|disk ADDRESS [managed] [driver=NAME]" as libvirt writes it. */
static void put_hostdev(char *line, char **xml)
{
	char *rest = NULL;
	const char *kind = strtok_r(line, " ", &rest);
	const char *text = strtok_r(NULL, " ", &rest);
	_cleanup_free_ char *driver = strdup("");
	_cleanup_free_ char *source = NULL;
	const char *managed = "no";
	struct pci_address address;

	if (!kind || !text || pci_address_parse(text, &address) < 0)
		die("a hostdev has an address");
	for (char *word; (word = strtok_r(NULL, " ", &rest));) {
		if (strcmp(word, "managed") == 0) {
			managed = "yes";
		} else if (strncmp(word, "driver=", 7) == 0) {
			free(driver);
			driver = text_format("<driver model='%s'/>", word + 7);
		} else {
			die("unknown word \"%s\"", word);
		}
	}
	source = text_format("<address domain='0x%04x' bus='0x%02x' slot='0x%02x' "
			     "function='0x%x'/></source>",
			     address.domain, address.bus, address.slot, address.function);
	if (strcmp(kind, "hostdev") == 0)
		text_append(xml,
			    "<hostdev mode='subsystem' type='pci' managed='%s'>%s<source>%s"
			    "</hostdev>",
			    managed, driver, source);
	else if (strcmp(kind, "interface") == 0)
		text_append(xml,
			    "<interface type='hostdev' managed='%s'>%s<source><address type='pci' "
			    "%s</interface>",
			    managed, driver, source + strlen("<address "));
	else if (strcmp(kind, "disk") == 0)
		text_append(xml,
			    "<disk type='nvme' device='disk'><driver name='qemu' type='raw'/>"
			    "<source type='pci' managed='%s' namespace='1'>%s</disk>",
			    managed, source);
	else
		die("unknown kind of hostdev \"%s\"", kind);
}

static char *domain_xml(void)
{
	char *xml = strdup("<domain type='kvm'><name>" VM "</name><uuid>" UUID "</uuid><devices>");
	char *lines = test.vm;

	for (char *line; (line = strsep(&lines, "\n"));)
		if (*line && *line != '#')
			put_hostdev(line, &xml);
	text_append(&xml, "</devices></domain>");
	return xml;
}

/* ---- what is seen of it ------------------------------------------------------------------- */

/* "ADDRESS WHAT VALUE" for all that must be restored, of every function. */
static void take_state(struct strings *lines)
{
	static const char *const attributes[] = { "driver_override", "power/control",
						  "d3cold_allowed" };
	_cleanup_strings_ struct strings names = STRINGS_INIT;

	root_list(&machine.root, &names, DEVICES);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		_cleanup_free_ char *driver = NULL;
		_cleanup_free_ char *line = NULL;

		pci_driver_read(&machine.root, name, &driver);
		line = text_format("%s driver %s", name, driver ? driver : "(none)");
		strings_add(lines, line);
		for (size_t j = 0; j < ARRAY_SIZE(attributes); j++) {
			_cleanup_free_ char *value = NULL;
			_cleanup_free_ char *text = NULL;

			root_read(&machine.root, 4096, &value, DEVICES "/%s/%s", name,
				  attributes[j]);
			text = text_format("%s %s %s", name, attributes[j], value ? value : "-");
			strings_add(lines, text);
		}
	}
}

static void print_state_since(const struct strings *before)
{
	_cleanup_strings_ struct strings now = STRINGS_INIT;
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	bool same = true;

	take_state(&now);
	for (size_t i = 0; i < now.count; i++) {
		if (strings_contain(before, now.items[i]))
			continue;
		if (same)
			printf("the host is not as before:\n");
		same = false;
		printf("  %s\n", now.items[i]);
	}
	if (same)
		printf("the host is as before\n");
	root_list(&machine.root, &claims, STORE_DIRECTORY "/vm");
	for (size_t i = 0; i < claims.count; i++)
		if (strstr(claims.items[i], ".claim"))
			printf("there is a claim: %s\n", claims.items[i]);
}

static void print_refusal(const struct error *error, const struct acquire_result *result)
{
	_cleanup_free_ char *text = report_refusal(&machine.root, VM, error, result);

	printf("refused:\n%s", text);
}

/* ---- the two directions ------------------------------------------------------------------- */

/* The hook's prepare, from the configuration's text on. */
static int run_acquire(struct operation *operation)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_acquire_result_ struct acquire_result result = ACQUIRE_RESULT_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *xml = domain_xml();
	int r;

	pause_failures(false);
	r = config_parse("/etc/gpu-handoff/domains.d/" VM ".ini", test.ini, strlen(test.ini),
			 &config, &error);
	if (r == 0)
		r = domain_parse(xml, strlen(xml), &domain, &error);
	if (r == 0)
		r = acquire(operation, &config, &domain, &result, &error);
	pause_failures(true);
	for (size_t i = 0; i < result.warnings.count; i++)
		printf("warning: %s\n", result.warnings.items[i]);
	if (r < 0)
		print_refusal(&error, &result);
	else
		printf("acquired: %s\n", result.moved ? result.moved : "nothing");
	return r;
}

/* The hook's release: from the claim alone. */
static void run_release(struct operation *operation)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int found, r;

	pause_failures(false);
	found = r = claim_read(operation->store, VM, &claim, &error);
	if (r == 0)
		r = claim_check_boot(operation->root, &claim, &error);
	if (r == 0)
		r = restore_claim(operation, &claim, &errors);
	pause_failures(true);
	if (found == -ENOENT) {
		printf("nothing to release\n");
		return;
	}
	if (error.code)
		errors_add(&errors, &error);
	for (size_t i = 0; i < errors.count; i++) {
		_cleanup_free_ char *line = report_line(&machine.root, &errors.items[i]);

		printf("not restored: %s\n", line);
	}
	printf("%s\n", r == 0 ? "released" : "not released");
}

static void run_case(void)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_strings_ struct strings before = STRINGS_INIT;
	struct operation operation = {
		.root = &machine.root,
		.store = &store,
		.vm = VM,
		.patience = { .deadline_ms = clock_now_ms() + 30000 },
	};

	if (store_open(&machine.root, &store, &error) < 0)
		die("%s", error.what);
	/* after the store is made, so that a case can have claims in it */
	reading_line = test.machine_line;
	machine_text(&machine, test.machine);
	take_state(&before);
	if (run_acquire(&operation) == 0) {
		reading_line = test.meanwhile_line;
		machine_text(&machine, test.meanwhile);
		test.fail = test.fail_later;
		run_release(&operation);
	}
	print_state_since(&before);
}

int main(int argc, char **argv)
{
	_cleanup_free_ char *text = NULL;

	if (argc != 3) {
		fprintf(stderr, "usage: tree MACHINE.tree CASE.case\n");
		return 2;
	}
	pause_failures(true);
	machine_open(&machine, argv[1]);
	text = read_whole(argv[2]);
	read_case(text);
	run_case();
	machine_remove(&machine);
	return 0;
}
