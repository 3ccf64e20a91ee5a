// SPDX-License-Identifier: GPL-2.0
/* Errors in nft's manner: place, message, the line, and a mark under it. */
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "source.h"

static void print_includes(const struct source *src)
{
	const char *prefix = "In file included from";
	unsigned int line, first, last;

	for (; src->included.src; src = src->included.src) {
		const struct span *from = &src->included;

		source_locate(from->src, from->start, &line, &first);
		last = first + (from->end - from->start);
		fprintf(front->error_file, "%s %s:%u:%u-%u:\n", prefix,
			from->src->name ? from->src->name : "<cmdline>", line,
			first, last);
		prefix = "                 from";
	}
}

void error_at(const struct span *span, const char *fmt, ...)
{
	const struct source *src = span->src;
	unsigned int line, first, last, i;
	FILE *file = front->error_file;
	size_t start, end;
	va_list ap;

	if (++front->errors > ERRORS_MAX)
		return;

	source_locate(src, span->start, &line, &first);
	text_line(src->text, src->len, line, &start, &end);
	last = first + (span->end - span->start) - 1;
	if (last > end - start)
		last = end - start;
	if (last < first)
		last = first;

	print_includes(src);
	if (src->name)
		fprintf(file, "%s:%u:%u-%u: ", src->name, line, first, last);
	fputs("Error: ", file);
	va_start(ap, fmt);
	vfprintf(file, fmt, ap);
	va_end(ap);
	fprintf(file, "\n%.*s\n", (int)(end - start), src->text + start);
	for (i = 1; i < first; i++)
		fputc(src->text[start + i - 1] == '\t' ? '\t' : ' ', file);
	for (; i <= last; i++)
		fputc('^', file);
	fputc('\n', file);
}

/* @path is where in the document, as in nftables[2].add.rule.expr[0] */
void error_json(const struct source *src, const char *path, const char *msg)
{
	if (++front->errors > ERRORS_MAX)
		return;
	if (src->name)
		fprintf(front->error_file, "%s: ", src->name);
	fprintf(front->error_file, "Error: %s: %s\n", path, msg);
}

/* Those that were not told. */
void error_rest(void)
{
	if (front->errors > ERRORS_MAX)
		fprintf(front->error_file, "Error: %u more errors\n",
			front->errors - ERRORS_MAX);
}

unsigned int error_count(void)
{
	return front->errors;
}

void error_reset(void)
{
	front->errors = 0;
}
