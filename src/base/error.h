/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What went wrong, for the person who has to put it right: what was tried, on which device, why it
 * failed, and what to do. Functions fill the caller's object and return; only main()s and the
 * hook's entry print it.
 */
#ifndef GH_BASE_ERROR_H
#define GH_BASE_ERROR_H

#include <errno.h>
#include <stddef.h>

struct error {
	int code;     /* errno value, positive; 0: no error */
	char *what;   /* what was tried, or what is wrong */
	char *device; /* the PCI address it was tried on, or NULL */
	char *why;    /* the cause, or NULL when `what` says it all */
	char *hint;   /* what to do about it, or NULL; may have several lines */
};

#define ERROR_INIT ((struct error){ 0 })

/* -errno after a call that failed: never 0, which readers of the code, and compilers, cannot know.
 */
static inline int negative_errno(void)
{
	int code = -errno;

	if (code >= 0)
		return -EIO;
	return code;
}

/*
 * Each error_ function that formats replaces what was there; it cannot fail (without memory the
 * part is left out). `error` may be NULL: nothing is recorded, the code is returned all the same.
 */

/* Starts a new error. Returns -code, for `return error_set(…)`. */
int error_set(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set(), and the cause is the system's text for the code. */
int error_set_errno(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The address of the device it was tried on; NULL changes nothing. */
void error_device(struct error *error, const char *address);

/* The cause. */
void error_why(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What to do. */
void error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * "DEVICE: WHAT: WHY" in one string that the caller frees; NULL without memory. The hint is not
 * in it.
 */
char *error_text(const struct error *error);

/* Takes over `from`, which is empty afterwards; what `to` held is freed. */
void error_move(struct error *to, struct error *from);

/* Frees the parts; the object is as ERROR_INIT afterwards. */
void error_clear(struct error *error);

#define _cleanup_error_ __attribute__((cleanup(error_clear)))

/* Several errors, where one does not keep the others from being tried. */
struct errors {
	struct error *items;
	size_t count;
	struct error only; /* what `items` points to when there was no memory for the first: not
			    * to be copied */
};

#define ERRORS_INIT ((struct errors){ 0 })

/*
 * Takes over `error`, which is empty afterwards. Without memory it is dropped, unless it is the
 * first: `count` always says whether there has been one.
 */
void errors_add(struct errors *errors, struct error *error);

/* Drops those after the first `count`. */
void errors_truncate(struct errors *errors, size_t count);

void errors_clear(struct errors *errors);

#define _cleanup_errors_ __attribute__((cleanup(errors_clear)))

#endif
