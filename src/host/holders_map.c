/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes with a device or a BAR mapped. A process that is stuck in the kernel may have its
 * memory locked (mmap_lock), and then whoever reads its map is stuck too: maps are read by a thread
 * that may be left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "host/holders_search.h"

#define MAPS_MAX_BYTES (64 * 1024 * 1024)
/* A map is read in microseconds; a machine that swaps may take longer. */
#define STUCK_MS 2000
/* With more than these, the others are taken for stuck as well: there is a deadline. */
#define STUCK_MAX 3
#define STACK_BYTES (256 * 1024)

/* Something mapped that may be a device's. */
struct mapping {
	char *object; /* "/dev/dri/card0", "/sys/devices/…/resource0" */
	bool device;  /* has a number; else it is a file of sysfs */
	bool block;
	dev_t number;
};

struct mappings {
	struct mapping *items;
	size_t count;
	bool unseen; /* there is a map, and it may not be read, or is too long */
};

/* What the threads have in common. It outlives those that are left behind. */
struct pass {
	struct holders_search *search;
	struct holders_process *processes;
	size_t count;
	pthread_mutex_t mutex; /* of what stands below */
	pthread_cond_t moved;
	size_t next;
	unsigned int turn; /* of the thread that reads now */
	int64_t since_ms;  /* it has begun with the process `next` */
	bool done;
	int result;
};

struct reader {
	struct pass *pass;
	unsigned int turn;
};

/* ---- one process; touches nothing that is shared ------------------------------------------- */

static void mappings_clear(struct mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++)
		free(mappings->items[i].object);
	free(mappings->items);
}

#define _cleanup_mappings_ __attribute__((cleanup(mappings_clear)))

/*
 * What is left of the failure of a look: nothing for a process that has ended, or is one of the
 * kernel's own, nor for what may not be looked at, which is noted.
 */
static int take_failure(struct mappings *mappings, int r)
{
	if (root_says_missing(r))
		return 0;
	if (r != -EACCES && r != -EPERM && r != -EFBIG)
		return r;
	mappings->unseen = true;
	return 0;
}

/* A line of /proc/PID/maps, "7f00-7f01 rw-s 00000000 00:05 123   /dev/dri/card0". */
static int take_line(int process_fd, const char *line, struct mappings *mappings)
{
	const char *object = strchr(line, '/');
	struct mapping mapping = { .device = object && strncmp(object, "/dev/", 5) == 0 };

	if (!object)
		return 0;
	if (mapping.device) {
		_cleanup_free_ char *link =
			text_format("map_files/%.*s", (int)strcspn(line, " "), line);

		int r = link ? holders_look_device(process_fd, link, &mapping.block,
						   &mapping.number)
			     : -ENOMEM;

		/* as of what is open: see take_unknown() in holders_process.c */
		if (r < 0 && !root_says_missing(r) && !holders_host_fails(r)) {
			mappings->unseen = true;
			return 0;
		}
		if (r <= 0)
			return take_failure(mappings, r);
	}
	mapping.object = strdup(object);
	if (!mapping.object || array_grow(&mappings->items, mappings->count, sizeof(mapping)) < 0) {
		free(mapping.object);
		return -ENOMEM;
	}
	mappings->items[mappings->count++] = mapping;
	return 0;
}

/* The lines that have the place in them. */
static int take_lines(int process_fd, char *maps, const char *place, struct mappings *mappings)
{
	char *rest = maps;

	while ((rest = strstr(rest, place))) {
		char *line = rest;
		char *end = rest + strcspn(rest, "\n");
		char last = *end;
		int r;

		while (line > maps && line[-1] != '\n')
			line--;
		*end = '\0';
		r = take_line(process_fd, line, mappings);
		*end = last;
		if (r < 0)
			return r;
		rest = end;
	}
	return 0;
}

static int read_maps(const struct root *root, pid_t pid, struct mappings *mappings)
{
	_cleanup_close_ int process_fd =
		root_open(root, O_RDONLY | O_DIRECTORY, "proc/%d", (int)pid);
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *maps = NULL;
	size_t length;
	int r;

	if (process_fd < 0)
		return take_failure(mappings, process_fd);
	fd = openat(process_fd, "maps", O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? negative_errno() : file_read(fd, MAPS_MAX_BYTES, &maps, &length);
	if (r < 0)
		return take_failure(mappings, r);
	r = take_lines(process_fd, maps, " /dev/", mappings);
	return r < 0 ? r : take_lines(process_fd, maps, " /sys/devices/", mappings);
}

/* ---- all of them -------------------------------------------------------------------------- */

/* A BAR, by sysfs: /sys/devices/…/resource0. */
static int add_bar(struct holders_search *search, pid_t pid, const char *object)
{
	for (size_t i = 0; i < search->nodes.function_count; i++) {
		const struct device_node node = { .function = i };
		const char *below =
			device_path_below(&search->nodes.functions[i], object + strlen("/sys/"));

		if (below && strncmp(below, "resource", strlen("resource")) == 0 &&
		    holders_search_add_process(search, pid, &node, object, "mapped") < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_mappings(struct holders_search *search, struct holders_process *process,
			const struct mappings *mappings)
{
	int r = 0;

	process->unseen |= mappings->unseen;
	for (size_t i = 0; r == 0 && i < mappings->count; i++) {
		const struct mapping *mapping = &mappings->items[i];

		r = mapping->device
			    ? holders_search_add_number(search, process->pid, mapping->block,
							mapping->number, mapping->object, "mapped")
			    : add_bar(search, process->pid, mapping->object);
	}
	return r;
}

/* Reads the next process's map. Returns whether there may be more to do for this thread. */
static bool read_next(const struct reader *reader)
{
	struct pass *pass = reader->pass;
	struct root root;
	pid_t pid = 0;
	_cleanup_mappings_ struct mappings mappings = { 0 };
	bool mine;
	size_t i;
	int r;

	pthread_mutex_lock(&pass->mutex);
	mine = reader->turn == pass->turn;
	if (mine && (pass->next == pass->count || pass->result < 0)) {
		pass->done = true;
		pthread_cond_signal(&pass->moved);
	}
	i = pass->next;
	mine = mine && !pass->done;
	if (mine) {
		/* who is left behind finds nothing of the caller's any more */
		pass->since_ms = clock_now_ms();
		pid = pass->processes[i].pid;
		root = *pass->search->root;
	}
	pthread_mutex_unlock(&pass->mutex);
	if (!mine)
		return false;
	r = read_maps(&root, pid, &mappings);
	pthread_mutex_lock(&pass->mutex);
	mine = reader->turn == pass->turn;
	if (mine) {
		pass->next = i + 1;
		pass->since_ms = clock_now_ms();
		pass->result =
			r < 0 ? r : add_mappings(pass->search, &pass->processes[i], &mappings);
	}
	pthread_mutex_unlock(&pass->mutex);
	return mine;
}

static void *read_all(void *data)
{
	struct reader *reader = data;

	while (read_next(reader))
		;
	free(reader);
	return NULL;
}

/* Starts the thread whose turn it is. Returns 0 or a negative errno. */
static int start_reader(struct pass *pass, pthread_t *ret_thread)
{
	struct reader *reader = malloc(sizeof(*reader));
	pthread_attr_t attributes;
	int r;

	if (!reader)
		return -ENOMEM;
	*reader = (struct reader){ pass, pass->turn };
	pass->since_ms = clock_now_ms();
	r = pthread_attr_init(&attributes);
	if (r == 0) {
		pthread_attr_setstacksize(&attributes, STACK_BYTES);
		r = pthread_create(ret_thread, &attributes, read_all, reader);
		pthread_attr_destroy(&attributes);
	}
	if (r)
		free(reader);
	return -r;
}

/* With the mutex: until the thread has moved on or is taken for stuck. */
static void wait_for_reader(struct pass *pass)
{
	int64_t until_ms = pass->since_ms + STUCK_MS;
	struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };

	pthread_cond_clockwait(&pass->moved, &pass->mutex, CLOCK_MONOTONIC, &until);
}

/* With the mutex. Leaves the thread behind that is stuck, and its process out. */
static void leave_behind(struct pass *pass)
{
	if (pass->next < pass->count)
		pass->processes[pass->next++].unseen = true;
	pass->turn++;
	if (pass->turn < STUCK_MAX)
		return;
	while (pass->next < pass->count)
		pass->processes[pass->next++].unseen = true;
}

/* Returns 0 or a negative errno; *ret_left, whether a thread was left behind. */
static int run_pass(struct pass *pass, bool *ret_left)
{
	pthread_t thread = 0;
	int r = start_reader(pass, &thread);

	if (r < 0)
		return r;
	pthread_mutex_lock(&pass->mutex);
	while (!pass->done) {
		if (clock_left_ms(pass->since_ms + STUCK_MS) > 0) {
			wait_for_reader(pass);
			continue;
		}
		leave_behind(pass);
		pthread_detach(thread);
		*ret_left = true;
		r = start_reader(pass, &thread);
		if (r < 0)
			break;
	}
	if (r == 0)
		r = pass->result;
	pthread_mutex_unlock(&pass->mutex);
	if (pass->done)
		pthread_join(thread, NULL);
	return r;
}

int holders_search_maps(struct holders_search *search, struct holders_process *processes,
			size_t count)
{
	struct pass *pass = calloc(1, sizeof(*pass));
	bool left = false;
	int r;

	if (!pass)
		return -ENOMEM;
	*pass = (struct pass){
		.search = search,
		.processes = processes,
		.count = count,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.moved = PTHREAD_COND_INITIALIZER,
	};
	r = run_pass(pass, &left);
	/* who was left behind looks at it once more before he ends */
	if (!left)
		free(pass);
	return r;
}
