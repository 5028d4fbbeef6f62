/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/in_use.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/holders.h"
#include "host/nvidia.h"
#include "host/pci.h"

#define LOOK_AGAIN_MS 250
/* What the hand-over itself needs of the time, at the most. */
#define RESERVE_MS 5000
#define GRACE_MS 5000
/* How often processes are ended; what comes back after that is started by something. */
#define TERMINATE_ROUNDS 2
/* How long brokers and the kernel may take to let go after processes have ended. */
#define SETTLE_MS 3000

/* One call of in_use_settle(). */
struct watch {
	const struct in_use *in_use;
	struct strings functions;
	struct holders holders; /* as they were at the last look; those that are allowed are out */
	int64_t leave_until_ms; /* what stopped units have left behind may be leaving until then */
	int64_t waited_ms;
	int64_t settle_until_ms; /* until then, nobody is ended */
	bool looked;             /* at least once */
	unsigned int rounds;     /* processes have been ended so often */
	char *told;              /* whom the log was told that it waits for */
};

static void watch_clear(struct watch *watch)
{
	strings_clear(&watch->functions);
	holders_clear(&watch->holders);
	free(watch->told);
}

static const struct selected_function *find_selected(const struct selection *selection,
						     const char *name)
{
	for (size_t i = 0; i < selection->count; i++)
		if (strcmp(selection->items[i].function->name, name) == 0)
			return &selection->items[i];
	return NULL;
}

/* ---- looking ------------------------------------------------------------------------------ */

/* By the link of now: the scan before the plan may be old. */
static bool may_hang(const struct root *root, const char *name)
{
	_cleanup_free_ char *driver = NULL;

	return pci_driver_read(root, name, &driver) == 0 && driver &&
	       holders_driver_may_hang(driver);
}

/*
 * Whether a reference that nobody is seen to have is none that counts: the driver is known to live
 * with it, or the modules that may have it are unloaded next, which fails when it is somebody
 * else's.
 */
static bool reference_is_allowed(const struct watch *watch, const char *function)
{
	const struct root *root = watch->in_use->operation->root;
	_cleanup_free_ char *driver = NULL;

	if (pci_driver_read(root, function, &driver) < 0 || !driver)
		return true;
	if (strcmp(driver, NVIDIA_DRIVER) == 0 && watch->in_use->config->unload.count)
		return true;
	return !holders_driver_may_hang(driver);
}

/* Whether the holder is none that counts, or a USB device that shall go along. */
static bool is_allowed(const struct watch *watch, const struct holder *holder)
{
	const struct selected_function *selected =
		find_selected(watch->in_use->selection, holder->function);

	if (!selected)
		return true;
	if (holder->usb && selected->device->take_usb)
		return true;
	return holder->kind == HOLDER_REFERENCE && reference_is_allowed(watch, holder->function);
}

static void drop_allowed(struct watch *watch)
{
	struct holders *holders = &watch->holders;
	size_t kept = 0;

	for (size_t i = 0; i < holders->count; i++) {
		struct holder holder = holders->items[i];

		if (is_allowed(watch, &holder)) {
			/* it may be why the driver does not let go: told once */
			if (holder.kind == HOLDER_REFERENCE && !watch->looked)
				log_warning("%s: %s", holder.function, holder.text);
			free(holder.text);
			continue;
		}
		holders->items[kept++] = holder;
	}
	holders->count = kept;
}

static int look(struct watch *watch, struct error *error)
{
	const struct worker_context workers = operation_workers(watch->in_use->operation);
	struct holders holders = HOLDERS_INIT;
	int r = holders_look(&workers, &watch->functions, &holders, error);

	if (r < 0)
		return r;
	holders_clear(&watch->holders);
	watch->holders = holders;
	drop_allowed(watch);
	watch->looked = true;
	return 0;
}

/* The holders of functions with that policy. */
static size_t count_with(const struct watch *watch, enum config_in_use policy)
{
	size_t count = 0;

	for (size_t i = 0; i < watch->holders.count; i++) {
		const struct selected_function *selected =
			find_selected(watch->in_use->selection, watch->holders.items[i].function);

		count += selected && selected->device->in_use == policy;
	}
	return count;
}

/* Those that cannot be ended, of functions whose holders are to be. */
static bool has_other_than_processes(const struct watch *watch)
{
	for (size_t i = 0; i < watch->holders.count; i++) {
		const struct holder *holder = &watch->holders.items[i];
		const struct selected_function *selected =
			find_selected(watch->in_use->selection, holder->function);

		if (selected && selected->device->in_use == CONFIG_IN_USE_TERMINATE &&
		    holder->kind != HOLDER_PROCESS && holder->kind != HOLDER_BROKER)
			return true;
	}
	return false;
}

/* ---- refusing ----------------------------------------------------------------------------- */

static char *list_holders(const struct holders *holders, const char *separator)
{
	_cleanup_free_ char *list = strdup("");

	for (size_t i = 0; list && i < holders->count; i++)
		if (text_append(&list, "%s%s  %s", separator, holders->items[i].function,
				holders->items[i].text) < 0)
			return NULL;
	return take_ptr(list);
}

static bool has_kind(const struct holders *holders, enum holder_kind kind)
{
	for (size_t i = 0; i < holders->count; i++)
		if (holders->items[i].kind == kind)
			return true;
	return false;
}

/* What to do about each kind of holder that there is; the caller frees it. NULL without memory. */
static char *advice(const struct watch *watch)
{
	const struct holders *holders = &watch->holders;
	const char *label =
		find_selected(watch->in_use->selection, holders->items[0].function)->device->label;
	_cleanup_free_ char *text = strdup("");
	bool processes = has_kind(holders, HOLDER_PROCESS) || has_kind(holders, HOLDER_BROKER);
	int r = text ? 0 : -ENOMEM;

	if (r == 0 && processes)
		r = text_append(
			&text,
			"\nEnd what uses it. Or have that done, by the VM's INI file: stop = "
			"NAME.service in [host]\nstops units, in-use = terminate in [device "
			"%s] ends processes.",
			label);
	if (r == 0 && (has_kind(holders, HOLDER_MOUNT) || has_kind(holders, HOLDER_SWAP) ||
		       has_kind(holders, HOLDER_VOLUME)))
		r = text_append(&text, "\nUnmount the file systems, end the swapping, close the "
				       "volumes.");
	if (r == 0 && has_kind(holders, HOLDER_NETWORK))
		r = text_append(&text, "\nTake the network interface down, and out of its bridge.");
	if (r == 0 && has_kind(holders, HOLDER_USB))
		r = text_append(
			&text,
			"\nUnplug the USB devices; or let them go along with their controller: "
			"take-usb = yes in\n[device %s] of the VM's INI file.",
			label);
	if (r == 0 && has_kind(holders, HOLDER_VIRTUAL))
		r = text_append(&text,
				"\nHand over a virtual function instead, or switch them off: "
				"echo 0 >\n/sys/bus/pci/devices/ADDRESS/sriov_numvfs");
	if (r == 0 && has_kind(holders, HOLDER_MEDIATED))
		r = text_append(&text, "\nRemove the mediated devices: mdevctl stop -u UUID");
	if (r == 0 && has_kind(holders, HOLDER_REFERENCE))
		r = text_append(&text,
				"\nSee what has it: lsmod, dmesg; the driver may never let go "
				"of a device in use.");
	return r == 0 ? take_ptr(text) : NULL;
}

static int refuse(const struct watch *watch, const char *what, struct error *error)
{
	_cleanup_free_ char *list = list_holders(&watch->holders, "\n  ");
	_cleanup_free_ char *hint = advice(watch);
	_cleanup_free_ char *unseen = NULL;

	if (watch->holders.unseen)
		unseen = text_format("\n  and %zu processes could not be looked into",
				     watch->holders.unseen);
	error_set(error, EBUSY, "%s:%s%s", what, list ? list : " (no memory)",
		  unseen ? unseen : "");
	error_device(error, watch->holders.items[0].function);
	if (hint && *hint)
		error_hint(error, "%s", hint + 1);
	return -EBUSY;
}

/* A driver that may never return is not asked while it may be in use. */
static int refuse_unseen(const struct watch *watch, struct error *error)
{
	const struct root *root = watch->in_use->operation->root;
	const char *name = NULL;

	for (size_t i = 0; i < watch->functions.count && !name; i++)
		if (may_hang(root, watch->functions.items[i]))
			name = watch->functions.items[i];
	if (!name) {
		log_warning("%zu processes could not be looked into: they may use the devices",
			    watch->holders.unseen);
		return 0;
	}
	error_set(error, EBUSY, "it may be in use on the host");
	error_why(error,
		  "%zu processes could not be looked into, and its driver may hang when it is "
		  "asked to let go of a device in use",
		  watch->holders.unseen);
	error_device(error, name);
	error_hint(error,
		   "See who they are: gpu-handoff holders %s. A security module such as "
		   "AppArmor or\nSELinux keeps gpu-handoff from looking; it must be "
		   "installed as /usr/bin/gpu-handoff.",
		   name);
	return -EBUSY;
}

/* ---- waiting and ending ------------------------------------------------------------------- */

static int pause_for(const struct watch *watch, int64_t duration_ms, struct error *error)
{
	const struct patience *patience = &watch->in_use->operation->patience;

	if (patience_cancelled(patience))
		return error_set(error, ECANCELED, "the start was called off");
	clock_sleep_ms(duration_ms, patience->deadline_ms);
	return 0;
}

static void tell_waiting(struct watch *watch)
{
	_cleanup_free_ char *list = list_holders(&watch->holders, "; ");
	_cleanup_free_ char *shown = text_quote(watch->in_use->operation->vm);

	if (!list || text_same(list, watch->told))
		return;
	log_info("VM \"%s\": waiting for those who use its devices%s", shown ? shown : "?", list);
	free(watch->told);
	watch->told = take_ptr(list);
}

/* The time of waiting is not the time of handing over. */
static int wait_for_them(struct watch *watch, struct error *error)
{
	struct operation *operation = watch->in_use->operation;
	int64_t since_ms = clock_now_ms();
	int64_t spent_ms;
	int r;

	if (watch->waited_ms >= watch->in_use->config->wait_ms)
		return refuse(watch, "it is still in use on the host, after waiting", error);
	tell_waiting(watch);
	r = pause_for(watch, LOOK_AGAIN_MS, error);
	if (r == 0)
		r = look(watch, error);
	spent_ms = clock_now_ms() - since_ms;
	operation->patience.deadline_ms += spent_ms;
	watch->waited_ms += spent_ms;
	return r;
}

static int end_them(struct watch *watch, struct error *error)
{
	const struct worker_context workers = operation_workers(watch->in_use->operation);
	_cleanup_free_ char *shown = text_quote(watch->in_use->operation->vm);
	_cleanup_strings_ struct strings wanted = STRINGS_INIT;
	_cleanup_strings_ struct strings ended = STRINGS_INIT;
	int64_t grace_ms = GRACE_MS;
	int64_t third_ms = clock_left_ms(workers.patience->deadline_ms) / 3;
	int r;

	for (size_t i = 0; i < watch->in_use->selection->count; i++) {
		const struct selected_function *selected = &watch->in_use->selection->items[i];

		if (selected->device->in_use == CONFIG_IN_USE_TERMINATE &&
		    holders_count(&watch->holders, selected->function->name) &&
		    strings_add(&wanted, selected->function->name) < 0)
			return error_set_errno(error, ENOMEM, "cannot end who uses the devices");
	}
	r = holders_terminate(&workers, &wanted, grace_ms < third_ms ? grace_ms : third_ms, &ended,
			      error);
	for (size_t i = 0; i < ended.count; i++)
		log_info("VM \"%s\": ended %s, which used its devices", shown ? shown : "?",
			 ended.items[i]);
	watch->rounds++;
	watch->settle_until_ms = clock_now_ms() + SETTLE_MS;
	return r;
}

/* The last references, and brokers, go a moment after the processes. */
static int terminate_them(struct watch *watch, struct error *error)
{
	int r;

	if (has_other_than_processes(watch) && clock_left_ms(watch->settle_until_ms) == 0)
		return refuse(watch, "it is in use on the host by more than processes", error);
	if (clock_left_ms(watch->settle_until_ms) > 0) {
		r = pause_for(watch, LOOK_AGAIN_MS, error);
	} else {
		if (watch->rounds == TERMINATE_ROUNDS)
			return refuse(watch, "it is in use again after its users were ended",
				      error);
		r = end_them(watch, error);
	}
	return r < 0 ? r : look(watch, error);
}

/* What stopped units have left behind may leave by itself: a sound server outlives its session. */
static int let_them_leave(struct watch *watch, struct error *error)
{
	int r;

	if (clock_left_ms(watch->leave_until_ms) == 0)
		return refuse(watch, "it is in use on the host", error);
	r = pause_for(watch, LOOK_AGAIN_MS, error);
	return r < 0 ? r : look(watch, error);
}

static int settle(struct watch *watch, struct error *error)
{
	int r = look(watch, error);

	/* nobody is ended for a start that is refused all the same */
	while (r == 0 && watch->holders.count) {
		if (clock_left_ms(watch->in_use->operation->patience.deadline_ms) == 0)
			return refuse(watch, "it is in use on the host", error);
		if (count_with(watch, CONFIG_IN_USE_REFUSE))
			r = let_them_leave(watch, error);
		else if (count_with(watch, CONFIG_IN_USE_WAIT))
			r = wait_for_them(watch, error);
		else
			r = terminate_them(watch, error);
	}
	if (r == 0 && watch->holders.unseen)
		r = refuse_unseen(watch, error);
	return r;
}

int in_use_settle(const struct in_use *in_use, struct error *error)
{
	struct watch watch = { .in_use = in_use };
	int64_t left_ms = clock_left_ms(in_use->operation->patience.deadline_ms);
	int64_t reserve_ms = left_ms / 4 < RESERVE_MS ? left_ms / 4 : RESERVE_MS;
	int r = 0;

	if (in_use->units_stopped) {
		watch.leave_until_ms = in_use->operation->patience.deadline_ms - reserve_ms;
		watch.settle_until_ms = clock_now_ms() + SETTLE_MS;
	}
	for (size_t i = 0; i < in_use->selection->count; i++)
		if (strings_add(&watch.functions, in_use->selection->items[i].function->name) < 0)
			r = error_set_errno(error, ENOMEM, "cannot look who uses the devices");
	if (r == 0)
		r = settle(&watch, error);
	watch_clear(&watch);
	return r;
}
