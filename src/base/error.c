/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void part_set(char **part, const char *format,
							   va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	free(*part);
	*part = text;
}

__attribute__((format(printf, 3, 0))) static void start(struct error *error, int code,
							const char *format, va_list arguments)
{
	error_clear(error);
	error->code = code;
	part_set(&error->what, format, arguments);
}

int error_set(struct error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (error) {
		va_start(arguments, format);
		start(error, code, format, arguments);
		va_end(arguments);
	}
	return -code;
}

int error_set_errno(struct error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (error) {
		va_start(arguments, format);
		start(error, code, format, arguments);
		va_end(arguments);
		error_why(error, "%s", strerror(code));
	}
	return -code;
}

void error_device(struct error *error, const char *address)
{
	if (!error || !address)
		return;
	free(error->device);
	error->device = strdup(address);
}

void error_why(struct error *error, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return;
	va_start(arguments, format);
	part_set(&error->why, format, arguments);
	va_end(arguments);
}

void error_hint(struct error *error, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return;
	va_start(arguments, format);
	part_set(&error->hint, format, arguments);
	va_end(arguments);
}

char *error_text(const struct error *error)
{
	const char *what = error->what ? error->what : strerror(error->code);
	char *text = NULL;

	if (asprintf(&text, "%s%s%s%s%s", error->device ? error->device : "",
		     error->device ? ": " : "", what, error->why ? ": " : "",
		     error->why ? error->why : "") < 0)
		return NULL;
	return text;
}

void error_move(struct error *to, struct error *from)
{
	if (to) {
		error_clear(to);
		*to = *from;
		*from = ERROR_INIT;
	} else {
		error_clear(from);
	}
}

void error_clear(struct error *error)
{
	free(error->what);
	free(error->device);
	free(error->why);
	free(error->hint);
	*error = ERROR_INIT;
}

void errors_add(struct errors *errors, struct error *error)
{
	bool is_only = errors->items == &errors->only;
	struct error *grown =
		reallocarray(is_only ? NULL : errors->items, errors->count + 1, sizeof(*grown));

	if (!grown && errors->count) {
		error_clear(error);
		return;
	}
	if (!grown) {
		free(is_only ? NULL : errors->items);
		grown = &errors->only;
	} else if (is_only && errors->count) {
		grown[0] = errors->only;
	}
	errors->items = grown;
	errors->items[errors->count++] = *error;
	*error = ERROR_INIT;
}

void errors_truncate(struct errors *errors, size_t count)
{
	while (errors->count > count)
		error_clear(&errors->items[--errors->count]);
}

void errors_clear(struct errors *errors)
{
	errors_truncate(errors, 0);
	if (errors->items != &errors->only)
		free(errors->items);
	*errors = ERRORS_INIT;
}
