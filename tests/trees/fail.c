// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Preloaded into a program (LD_PRELOAD), so that one call of many fails as it does on a host that
 * is short of something. By the environment, which is read before main():
 *
 * FAIL_CALL: memory (every allocation), files (opening, reading and listing them), calls (what else
 * is asked of the kernel, and threads) or libvirt (what is asked of it)
 *
 * FAIL_PLACES: a file that gets, a line each, the number of the first call from each place in the
 * program
 *
 * FAIL_DEPTH: how many callers make a place (default 8)
 *
 * FAIL_AT: the number of the call that fails: an allocation with ENOMEM, others with FAIL_ERRNO
 * (default EIO)
 *
 * FAIL_WITHIN: only what the file of this name asks for, itself or by another; who has called it
 * and crashes then, for want of what failed, ends with status 1
 *
 * FAIL_IN: workers: in children instead, counted all together
 *
 * Counted is from main() on. What libvirt and its libraries do for themselves does not fail: they
 * end the program when there is no memory.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"

#define DEPTH_MAX 40
#define PLACES 16384

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

enum kind {
	NONE,
	MEMORY,
	FILES,
	CALLS,
	LIBVIRT,
};

/* Common to all processes. */
struct counted {
	unsigned long calls;
	uint64_t places[PLACES];
};

static enum kind kind;
static bool counting, paused, in_workers;
static __thread bool inside;
static struct counted *counted;
static unsigned long at;
static int depth = 8, failure = ENOMEM;
static char places_path[PATH_MAX], within[64];
static void *failed_in;

/* Without this file's own dlsym(). */
static void *find_symbol(void *library, const char *name)
{
	static void *(*real)(void *, const char *);

	if (!real)
		real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
	return real(library, name);
}

/* What is called without a failure. */
static void *next(const char *name)
{
	return find_symbol(RTLD_NEXT, name);
}

#define NEXT(function) ((__typeof__(function) *)next(#function))

/* ---- which calls ---------------------------------------------------------------------------- */

/* Where in its file the address is: the same in each process. */
static uint64_t offset_of(void *address)
{
	struct dl_find_object found;

	return (uintptr_t)address -
	       (_dl_find_object(address, &found) == 0 ? (uintptr_t)found.dlfo_map_start : 0);
}

static const char *file_of(void *address)
{
	struct dl_find_object found;
	const char *slash;

	if (_dl_find_object(address, &found) != 0 || !found.dlfo_link_map)
		return "";
	slash = strrchr(found.dlfo_link_map->l_name, '/');
	return slash ? slash + 1 : found.dlfo_link_map->l_name;
}

/* Whether the call is one that may fail: see FAIL_WITHIN, and libvirt above. */
static bool is_meant(void *const *frames, int count)
{
	bool found = !*within;

	for (int i = 0; i < count; i++) {
		const char *file = file_of(frames[i]);

		if (strncmp(file, "libvirt", strlen("libvirt")) == 0 ||
		    strncmp(file, "libglib", strlen("libglib")) == 0)
			return false;
		/* 3 is who calls: without memory for a thread's variables, that is the end too */
		if (i == 3 && strncmp(file, "ld-linux", strlen("ld-linux")) == 0)
			return false;
		found = found || strcmp(file, within) == 0;
	}
	return found;
}

/* Whether the place is one that nothing has come from. */
static bool is_new_place(uint64_t place)
{
	for (size_t i = place % PLACES, tries = 0; tries < PLACES; i = (i + 1) % PLACES, tries++) {
		uint64_t free_place = 0;

		if (counted->places[i] == place)
			return false;
		if (__atomic_compare_exchange_n(&counted->places[i], &free_place, place, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
		if (free_place == place)
			return false;
	}
	return false;
}

/* A worker has closed what it had open. */
static void note_place(unsigned long number, uint64_t place)
{
	long fd = NEXT(syscall)(SYS_openat, AT_FDCWD, places_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	char line[64];

	if (fd < 0)
		return;
	snprintf(line, sizeof(line), "%lu %016lx\n", number, place);
	NEXT(syscall)(SYS_write, fd, line, strlen(line));
	NEXT(syscall)(SYS_close, fd);
}

/* Where the file of FAIL_WITHIN was called from; NULL when it was not. */
static void *find_entry(void *const *frames, int count)
{
	void *entry = NULL;

	for (int i = 1; i < count; i++)
		if (strcmp(file_of(frames[i - 1]), within) == 0)
			entry = frames[i];
	return entry;
}

static unsigned long next_number(void)
{
	return __atomic_add_fetch(&counted->calls, 1, __ATOMIC_RELAXED);
}

/*
 * Counts one more call; whether it is the one that is to fail. Where a library has threads of its
 * own, only what is meant has the same number each time; elsewhere every call has a number, for
 * looking where each comes from takes its time.
 */
static bool __attribute__((noinline)) count_call(void)
{
	void *frames[DEPTH_MAX];
	unsigned long number = *within ? next_number() : 0;
	uint64_t place = 1;
	bool entered = false;
	int count;

	if (*within && !*places_path && number != at)
		return false;
	count = backtrace(frames, DEPTH_MAX);
	if (!is_meant(frames, count))
		return false;
	if (!*within)
		number = next_number();
	/* 0 to 2 are this file's; who calls the file of FAIL_WITHIN does not matter */
	for (int i = 3; i < count && i < depth + 3; i++) {
		bool is_within = *within && strcmp(file_of(frames[i]), within) == 0;

		if (entered && !is_within)
			break;
		entered = is_within;
		place = (place ^ offset_of(frames[i])) * 0x100000001b3u;
	}
	if (*places_path && is_new_place(place))
		note_place(number, place);
	if (number == at)
		failed_in = find_entry(frames, count);
	return number == at;
}

static bool __attribute__((noinline)) fails(enum kind call)
{
	int before = errno;
	bool found;

	if (call != kind || !counting || paused || inside)
		return false;
	inside = true;
	found = count_call();
	inside = false;
	errno = found ? failure : before;
	return found;
}

/* ---- memory --------------------------------------------------------------------------------- */

void *malloc(size_t size)
{
	return fails(MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_realloc(old, size);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* FAILING(kind, what it answers then, type, function, its parameters, the same as arguments) */
#define FAILING(when, answer, type, function, parameters, arguments)      \
	type function parameters                                          \
	{                                                                 \
		return fails(when) ? (answer) : NEXT(function) arguments; \
	}

static int open_at(int dir_fd, const char *path, int flags, mode_t mode)
{
	return (int)NEXT(syscall)(SYS_openat, dir_fd, path, flags, mode);
}

/* SET(variable, the last named parameter): it gets the one behind that, whether it was given or not
 */
#define SET(variable, last)                                           \
	do {                                                          \
		va_list arguments;                                    \
		va_start(arguments, last);                            \
		(variable) = va_arg(arguments, __typeof__(variable)); \
		va_end(arguments);                                    \
	} while (0)

int openat(int dir_fd, const char *path, int flags, ...)
{
	mode_t mode;

	SET(mode, flags);
	return fails(FILES) ? -1 : open_at(dir_fd, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	mode_t mode;

	SET(mode, flags);
	return fails(FILES) ? -1 : open_at(AT_FDCWD, path, flags, mode);
}

/* What has no function of its own: openat2(), and what is done with processes. */
long syscall(long number, ...)
{
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (fails(number == SYS_openat2 ? FILES : CALLS))
		return -1;
	return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* clang-format off */
FAILING(FILES, -1, ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
FAILING(FILES, -1, ssize_t, readlink, (const char *restrict path, char *restrict data, size_t size), (path, data, size))
FAILING(FILES, -1, ssize_t, readlinkat, (int dir_fd, const char *restrict path, char *restrict data, size_t size),
	(dir_fd, path, data, size))
FAILING(FILES, NULL, DIR *, opendir, (const char *path), (path))
FAILING(FILES, NULL, DIR *, fdopendir, (int fd), (fd))
FAILING(FILES, NULL, struct dirent *, readdir, (DIR *directory), (directory))
FAILING(FILES, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
FAILING(FILES, -1, ssize_t, getline, (char **restrict line, size_t *restrict size, FILE *restrict file),
	(line, size, file))
FAILING(FILES, -1, ssize_t, __getdelim, (char **restrict line, size_t *restrict size, int end, FILE *restrict file),
	(line, size, end, file))
FAILING(FILES, NULL, struct passwd *, fgetpwent, (FILE *file), (file))

/* ---- calls ---------------------------------------------------------------------------------- */

FAILING(CALLS, -1, ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
FAILING(CALLS, -1, ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at_byte), (fd, data, size, at_byte))
FAILING(CALLS, -1, off_t, lseek, (int fd, off_t to, int whence), (fd, to, whence))
FAILING(CALLS, -1, int, ftruncate, (int fd, off_t size), (fd, size))
FAILING(CALLS, -1, int, fsync, (int fd), (fd))
FAILING(CALLS, -1, int, flock, (int fd, int operation), (fd, operation))
FAILING(CALLS, -1, int, fstat, (int fd, struct stat *status), (fd, status))
FAILING(CALLS, -1, int, lstat, (const char *restrict path, struct stat *restrict status), (path, status))
FAILING(CALLS, -1, int, fstatat, (int dir_fd, const char *restrict path, struct stat *restrict status, int flags),
	(dir_fd, path, status, flags))
FAILING(CALLS, -1, int, statx, (int dir_fd, const char *restrict path, int flags, unsigned int mask,
	struct statx *restrict status), (dir_fd, path, flags, mask, status))
FAILING(CALLS, -1, int, access, (const char *path, int mode), (path, mode))
FAILING(CALLS, -1, int, faccessat, (int dir_fd, const char *path, int mode, int flags), (dir_fd, path, mode, flags))
FAILING(CALLS, -1, int, fchmod, (int fd, mode_t mode), (fd, mode))
FAILING(CALLS, -1, int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
FAILING(CALLS, -1, int, mkdirat, (int dir_fd, const char *path, mode_t mode), (dir_fd, path, mode))
FAILING(CALLS, -1, int, unlinkat, (int dir_fd, const char *path, int flags), (dir_fd, path, flags))
FAILING(CALLS, -1, int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
	(from_fd, from, to_fd, to, flags))
FAILING(CALLS, -1, int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
	(from_fd, from, to_fd, to))
FAILING(CALLS, -1, int, renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags),
	(from_fd, from, to_fd, to, flags))
FAILING(CALLS, NULL, char *, realpath, (const char *restrict path, char *restrict text), (path, text))
FAILING(CALLS, NULL, FILE *, open_memstream, (char **text, size_t *size), (text, size))
FAILING(CALLS, NULL, FILE *, fopencookie, (void *restrict cookie, const char *restrict mode, cookie_io_functions_t how),
	(cookie, mode, how))
FAILING(CALLS, -1, int, memfd_create, (const char *name, unsigned int flags), (name, flags))
FAILING(CALLS, MAP_FAILED, void *, mmap, (void *where, size_t size, int protection, int flags, int fd, off_t from),
	(where, size, protection, flags, fd, from))
FAILING(CALLS, -1, ssize_t, getrandom, (void *data, size_t size, unsigned int flags), (data, size, flags))
FAILING(CALLS, -1, int, dup2, (int fd, int wanted), (fd, wanted))
FAILING(CALLS, -1, int, dup3, (int fd, int wanted, int flags), (fd, wanted, flags))
FAILING(CALLS, -1, int, close_range, (unsigned int first, unsigned int last, int flags), (first, last, flags))
FAILING(CALLS, -1, pid_t, setsid, (void), ())
FAILING(CALLS, -1, pid_t, fork, (void), ())
FAILING(CALLS, -1, pid_t, waitpid, (pid_t child, int *status, int options), (child, status, options))
FAILING(CALLS, -1, int, poll, (struct pollfd *fds, nfds_t count, int timeout), (fds, count, timeout))
FAILING(CALLS, -1, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
FAILING(CALLS, -1, ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
FAILING(CALLS, -1, int, getifaddrs, (struct ifaddrs **all), (all))
FAILING(CALLS, NULL, void *, dlopen, (const char *file, int flags), (file, flags))
FAILING(CALLS, EAGAIN, int, pthread_create, (pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
	void *(*function)(void *), void *restrict data), (thread, attributes, function, data))
/* clang-format on */

/* A union of pointers in C, which FAILING() cannot write. */
int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
	return fails(CALLS) ? -1 : NEXT(connect)(fd, address, size);
}

int fcntl(int fd, int command, ...)
{
	long argument;

	SET(argument, command);
	return fails(CALLS) ? -1 : NEXT(fcntl)(fd, command, argument);
}

int prctl(int option, ...);

int prctl(int option, ...)
{
	va_list list;
	long a[4];

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	return fails(CALLS) ? -1 : NEXT(prctl)(option, a[0], a[1], a[2], a[3]);
}

/* ---- libvirt -------------------------------------------------------------------------------- */

/* The program has libvirt's functions from dlsym(): it gets one of these for each. */
#define ASKED_MAX 32

typedef long asked_function(long a, long b, long c, long d, long e, long f);

static struct asked {
	asked_function *real;
	long answer; /* when it fails */
} asked[ASKED_MAX];

static size_t asked_count;

#define ASKED(number)                                                            \
	static long ask_##number(long a, long b, long c, long d, long e, long f) \
	{                                                                        \
		return fails(LIBVIRT) ? asked[number].answer                     \
				      : asked[number].real(a, b, c, d, e, f);    \
	}
#define EACH(each)                                                                               \
	each(0) each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10) \
		each(11) each(12) each(13) each(14) each(15) each(16) each(17) each(18) each(19) \
			each(20) each(21) each(22) each(23) each(24) each(25) each(26) each(27)  \
				each(28) each(29) each(30) each(31)
#define NAMED(number) ask_##number,

EACH(ASKED)

static asked_function *const askers[ASKED_MAX] = { EACH(NAMED) };

/* Whether the function can fail; what it answers then. */
static bool can_fail(const char *name, long *ret_answer)
{
	static const char *const pointers[] = {
		"virConnectOpen",        "virConnectOpenReadOnly",
		"virDomainLookupByName", "virDomainLookupByUUIDString",
		"virDomainGetXMLDesc",   "virNodeDeviceGetXMLDesc",
		"virGetLastError",
	};
	static const char *const numbers[] = {
		"virConnectIsAlive",
		"virConnectListAllDomains",
		"virConnectListAllNodeDevices",
		"virConnectDomainEventRegisterAny",
		"virDomainIsActive",
		"virDomainAttachDeviceFlags",
		"virDomainDetachDeviceFlags",
		"virEventRunDefaultImpl",
		"virEventAddHandle",
		"virEventAddTimeout",
	};

	*ret_answer = 0;
	for (size_t i = 0; i < sizeof(pointers) / sizeof(*pointers); i++)
		if (strcmp(name, pointers[i]) == 0)
			return true;
	*ret_answer = -1;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (strcmp(name, numbers[i]) == 0)
			return true;
	return false;
}

void *dlsym(void *restrict library, const char *restrict name)
{
	void *found;
	long answer;

	if (fails(CALLS))
		return NULL;
	found = find_symbol(library, name);
	if (!found || kind != LIBVIRT || asked_count == ASKED_MAX || !can_fail(name, &answer))
		return found;
	asked[asked_count] = (struct asked){ (asked_function *)found, answer };
	return (void *)askers[asked_count++];
}

/* ---- when ----------------------------------------------------------------------------------- */

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* Not what a program does when it ends. */
static void stop(void)
{
	counting = false;
}

/* A worker, which would count on from the same number. */
static void enter_child(void)
{
	counting = in_workers;
	signal(SIGSEGV, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
}

/*
 * Whether the file of FAIL_WITHIN has crashed, in the call that something has failed in. In a later
 * one it may have been given what its caller did not get. A thread of its own is always meant.
 */
static void on_crash(int number)
{
	void *frames[DEPTH_MAX];
	int count = backtrace(frames, DEPTH_MAX);
	void *entry = find_entry(frames, count);

	inside = true;
	signal(number, SIG_DFL);
	/* it crashes once more, and nobody holds that up */
	if (entry && (entry == failed_in || strncmp(file_of(entry), "libc.", strlen("libc.")) == 0))
		return;
	exit(1);
}

static void begin(void)
{
	static const char *const kinds[] = { "", "memory", "files", "calls", "libvirt" };
	void *frame;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(setting("FAIL_CALL"), kinds[i]) == 0)
			kind = (enum kind)i;
	at = strtoul(setting("FAIL_AT"), NULL, 10);
	if (*setting("FAIL_DEPTH"))
		depth = atoi(setting("FAIL_DEPTH"));
	if (kind != MEMORY)
		failure = *setting("FAIL_ERRNO") ? atoi(setting("FAIL_ERRNO")) : EIO;
	snprintf(within, sizeof(within), "%s", setting("FAIL_WITHIN"));
	snprintf(places_path, sizeof(places_path), "%s", setting("FAIL_PLACES"));
	in_workers = strcmp(setting("FAIL_IN"), "workers") == 0;
	if (*places_path)
		NEXT(syscall)
	(SYS_close, open_at(AT_FDCWD, places_path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
	counted = NEXT(mmap)(NULL, sizeof(*counted), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counted == MAP_FAILED)
		abort();
	if (*within) {
		signal(SIGSEGV, on_crash);
		signal(SIGABRT, on_crash);
	}
	atexit(stop);
	pthread_atfork(NULL, NULL, enter_child);
	/* the first one allocates */
	backtrace(&frame, 1);
	counting = !in_workers;
}

void fail_pause(bool pause)
{
	paused = pause;
}

static int (*program_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **environment)
{
	begin();
	return program_main(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack)
{
	program_main = main;
	return NEXT(__libc_start_main)(counted_main, argc, argv, init, fini, rtld_fini, stack);
}
