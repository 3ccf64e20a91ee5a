// SPDX-License-Identifier: GPL-2.0
/* What mapt says beside its answers. */
#include <stdarg.h>
#include <stdlib.h>

#include "tool.h"

static void say(const char *kind, const char *fmt, va_list ap)
{
	fprintf(stderr, "mapt%s%s: %s", command_name ? " " : "",
		command_name ? command_name : "", kind);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

/* Something that is good to know; the answer stands. */
void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("note: ", fmt, ap);
	va_end(ap);
}

/* What the user gave is wrong. */
int usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
	return STATUS_USAGE;
}

/* What the user gave may be right, but there is no answer. */
int failed(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
	return STATUS_FAILED;
}

/* Prints @json and takes it over. */
bool print_json(json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(6));

	json_decref(json);
	if (!text)
		return false;
	puts(text);
	free(text);
	return true;
}
