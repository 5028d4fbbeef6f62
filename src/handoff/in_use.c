/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/in_use.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "handoff/in_use_report.h"
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
/* How long what udev runs for a device that has just come back may have it open. */
#define HELPERS_MS 1000

#define IN_USE_NOT_ENDED "it is in use on the host, also by what `in-use = terminate` does not end"

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

/* Whether the function is going to be unbound; one that is on VFIO already may stay. */
static bool leaves_driver(const struct watch *watch, const char *name)
{
	const struct snapshot *snapshot = watch->in_use->snapshot;

	for (size_t i = 0; i < snapshot->count; i++)
		if (strcmp(snapshot->items[i].name, name) == 0)
			return !text_same(snapshot->items[i].now.driver,
					  snapshot->items[i].target.driver);
	return true;
}

/*
 * Whether a reference that nobody is seen to have is none that counts: the driver is known to live
 * with it, or NVIDIA's modules that may have it are unloaded next, after which the function is
 * looked at again.
 */
static bool reference_is_allowed(const struct watch *watch, const char *function)
{
	const struct root *root = watch->in_use->operation->root;
	_cleanup_free_ char *driver = NULL;
	int r;

	if (!leaves_driver(watch, function))
		return true;
	r = pci_driver_read(root, function, &driver);
	if (r < 0 || !driver)
		return r == 0 || r == -ENODEV;
	if (strcmp(driver, NVIDIA_DRIVER) == 0 && nvidia_has_module(watch->in_use->unload))
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
static bool has_others(const struct watch *watch)
{
	for (size_t i = 0; i < watch->holders.count; i++) {
		const struct holder *holder = &watch->holders.items[i];
		const struct selected_function *selected =
			find_selected(watch->in_use->selection, holder->function);

		if (!selected || selected->device->in_use != CONFIG_IN_USE_TERMINATE ||
		    holder->kind == HOLDER_BROKER)
			continue;
		if (holder->kind != HOLDER_PROCESS ||
		    holders_is_protected(watch->in_use->operation->root, holder->pid))
			return true;
	}
	return false;
}

/* ---- refusing ----------------------------------------------------------------------------- */

static int refuse(const struct watch *watch, const char *what, struct error *error)
{
	_cleanup_free_ char *list = in_use_list(&watch->holders, "\n  ");
	const struct selected_function *selected =
		find_selected(watch->in_use->selection, watch->holders.items[0].function);
	_cleanup_free_ char *hint =
		in_use_advice(&watch->holders, selected ? selected->device->label : NULL);
	_cleanup_free_ char *unseen = NULL;

	if (watch->holders.unseen)
		unseen = text_format("\n  and %zu processes could not be looked into",
				     watch->holders.unseen);
	error_set(error, EBUSY, "%s:%s%s", what, list ? list : " (no memory)",
		  unseen ? unseen : "");
	error_device(error, watch->holders.items[0].function);
	if (hint && *hint)
		error_hint(error, "%s", hint);
	return -EBUSY;
}

/* A driver that may never return is not asked while it may be in use. */
static int refuse_unseen(const struct watch *watch, struct error *error)
{
	const struct root *root = watch->in_use->operation->root;
	const char *name = NULL;

	for (size_t i = 0; i < watch->functions.count && !name; i++)
		if (leaves_driver(watch, watch->functions.items[i]) &&
		    holders_function_may_hang(root, watch->functions.items[i]))
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
	error_hint(
		error,
		"A security module such as AppArmor or SELinux keeps gpu-handoff from looking: "
		"it must be\ninstalled as /usr/bin/gpu-handoff. Or they are stuck in the kernel: "
		"`ps -eo pid,stat,args` shows\nthem with a D.");
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
	_cleanup_free_ char *list = in_use_list(&watch->holders, "; ");
	_cleanup_free_ char *title = claim_title(watch->in_use->operation->vm);

	if (!list || text_same(list, watch->told))
		return;
	log_info("%s: waiting for those who use its devices%s", title ? title : "VM", list);
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

/* The processes that are to be ended, and what they do. */
static int list_wanted(const struct watch *watch, struct holders *wanted, struct strings *who)
{
	for (size_t i = 0; i < watch->holders.count; i++) {
		const struct holder *holder = &watch->holders.items[i];
		struct holder *copy;

		if (holder->kind != HOLDER_PROCESS ||
		    find_selected(watch->in_use->selection, holder->function)->device->in_use !=
			    CONFIG_IN_USE_TERMINATE)
			continue;
		copy = holders_add(wanted, holder->function, holder->kind, holder->text);
		if (!copy || strings_add(who, holder->text) < 0)
			return -ENOMEM;
		copy->pid = holder->pid;
		copy->started = holder->started;
	}
	return 0;
}

/* Told before it is done: whatever happens on the way, the log has whom. */
static int end_them(struct watch *watch, struct error *error)
{
	const struct worker_context workers = operation_workers(watch->in_use->operation);
	_cleanup_free_ char *title = claim_title(watch->in_use->operation->vm);
	_cleanup_holders_ struct holders wanted = HOLDERS_INIT;
	_cleanup_strings_ struct strings ended = STRINGS_INIT;
	_cleanup_strings_ struct strings who = STRINGS_INIT;
	int64_t third_ms = clock_left_ms(workers.patience->deadline_ms) / 3;
	int r;

	if (list_wanted(watch, &wanted, &who) < 0)
		return error_set_errno(error, ENOMEM, "cannot end who uses the devices");
	for (size_t i = 0; i < who.count; i++)
		log_info("%s: ending who uses its devices: %s", title ? title : "VM", who.items[i]);
	r = holders_terminate(&workers, &wanted, third_ms < GRACE_MS ? third_ms : GRACE_MS, &ended,
			      error);
	for (size_t i = 0; i < ended.count; i++)
		log_info("%s: ended %s, which used its devices", title ? title : "VM",
			 ended.items[i]);
	/* who has been told to end, and has or has not, is not as before either */
	if (strings_merge(watch->in_use->ret_ended, ended.count || r == 0 ? &ended : &who) < 0)
		return error_set_errno(error, ENOMEM, "cannot tell who was ended");
	watch->rounds++;
	watch->settle_until_ms = clock_now_ms() + SETTLE_MS;
	return r;
}

/* The last references, and brokers, go a moment after the processes. */
static int terminate_them(struct watch *watch, struct error *error)
{
	int r;

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

/*
 * What stopped units have left behind may leave by itself: a sound server outlives its session. So
 * do those that udev runs for a device that has just come back, for a moment.
 */
static int let_them_leave(struct watch *watch, struct error *error)
{
	int64_t pause_ms = watch->in_use->units_stopped ? LOOK_AGAIN_MS : HELPERS_MS;
	int r;

	if (clock_left_ms(watch->leave_until_ms) == 0)
		return refuse(watch, "it is in use on the host", error);
	r = pause_for(watch, pause_ms, error);
	return r < 0 ? r : look(watch, error);
}

/* Nobody is waited for or ended for a start that is refused all the same. */
static int deal_with_them(struct watch *watch, struct error *error)
{
	int r;

	if (clock_left_ms(watch->in_use->operation->patience.deadline_ms) == 0)
		return refuse(watch, "it is in use on the host", error);
	if (count_with(watch, CONFIG_IN_USE_REFUSE))
		return let_them_leave(watch, error);
	r = watch->holders.unseen ? refuse_unseen(watch, error) : 0;
	if (r < 0)
		return r;
	if (has_others(watch) && clock_left_ms(watch->settle_until_ms) == 0)
		return refuse(watch, IN_USE_NOT_ENDED, error);
	if (count_with(watch, CONFIG_IN_USE_WAIT))
		return wait_for_them(watch, error);
	return terminate_them(watch, error);
}

static int settle(struct watch *watch, struct error *error)
{
	int r = look(watch, error);

	while (r == 0 && watch->holders.count)
		r = deal_with_them(watch, error);
	if (r == 0 && watch->holders.unseen)
		r = refuse_unseen(watch, error);
	return r;
}

static int list_functions(const struct in_use *in_use, struct strings *functions,
			  struct error *error)
{
	for (size_t i = 0; i < in_use->selection->count; i++)
		if (strings_add(functions, in_use->selection->items[i].function->name) < 0)
			return error_set_errno(error, ENOMEM, "cannot look who uses the devices");
	return 0;
}

int in_use_settle(const struct in_use *in_use, struct error *error)
{
	struct watch watch = { .in_use = in_use };
	int64_t left_ms = clock_left_ms(in_use->operation->patience.deadline_ms);
	int64_t reserve_ms = left_ms / 4 < RESERVE_MS ? left_ms / 4 : RESERVE_MS;
	int r;

	if (in_use->units_stopped) {
		watch.leave_until_ms = in_use->operation->patience.deadline_ms - reserve_ms;
		watch.settle_until_ms = clock_now_ms() + SETTLE_MS;
	} else {
		watch.leave_until_ms = clock_now_ms() + HELPERS_MS;
	}
	r = list_functions(in_use, &watch.functions, error);
	if (r == 0)
		r = settle(&watch, error);
	watch_clear(&watch);
	return r;
}

int in_use_check_lasting(const struct in_use *in_use, struct error *error)
{
	struct watch watch = { .in_use = in_use };
	int r = list_functions(in_use, &watch.functions, error);

	if (r == 0)
		r = holders_scan_lasting(in_use->operation->root, &watch.functions, &watch.holders,
					 error);
	if (r == 0) {
		drop_allowed(&watch);
		if (watch.holders.count > count_with(&watch, CONFIG_IN_USE_WAIT))
			r = refuse(&watch, "it is in use on the host", error);
	}
	watch_clear(&watch);
	return r;
}

int in_use_look(const struct in_use *in_use, struct holders *ret_holders, struct error *error)
{
	/* as if the log had been told: who only looks tells it nothing */
	struct watch watch = { .in_use = in_use, .looked = true };
	int r = list_functions(in_use, &watch.functions, error);

	if (r == 0)
		r = holders_scan(in_use->operation->root, &watch.functions, &watch.holders, error);
	if (r == 0) {
		drop_allowed(&watch);
		/* what units hold goes with them */
		if (!in_use->units_stopped && count_with(&watch, CONFIG_IN_USE_REFUSE))
			r = refuse(&watch, "it is in use on the host", error);
		else if (!in_use->units_stopped && has_others(&watch))
			r = refuse(&watch, IN_USE_NOT_ENDED, error);
		holders_clear(ret_holders);
		*ret_holders = watch.holders;
		watch.holders = HOLDERS_INIT;
	}
	watch_clear(&watch);
	return r;
}
