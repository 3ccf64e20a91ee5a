// SPDX-License-Identifier: GPL-2.0
/* Errors in nft's manner: place, message, the line, and a mark under it. */
#include <stdlib.h>
#include <string.h>

#include "source.h"

FILE *error_file;

static unsigned int errors;

static void print_includes(const struct source *src)
{
	const char *prefix = "In file included from";
	unsigned int line, first, last;

	for (; src->included.src; src = src->included.src) {
		const struct span *from = &src->included;

		source_locate(from->src, from->start, &line, &first);
		last = first + (from->end - from->start);
		fprintf(error_file, "%s %s:%u:%u-%u:\n", prefix,
			from->src->name ? from->src->name : "<cmdline>", line,
			first, last);
		prefix = "                 from";
	}
}

void error_at(const struct span *span, const char *fmt, ...)
{
	const struct source *src = span->src;
	unsigned int line, first, last, i;
	size_t start, end;
	va_list ap;

	if (++errors > ERRORS_MAX)
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
		fprintf(error_file, "%s:%u:%u-%u: ", src->name, line, first,
			last);
	fputs("Error: ", error_file);
	va_start(ap, fmt);
	vfprintf(error_file, fmt, ap);
	va_end(ap);
	fprintf(error_file, "\n%.*s\n", (int)(end - start), src->text + start);
	for (i = 1; i < first; i++)
		fputc(src->text[start + i - 1] == '\t' ? '\t' : ' ', error_file);
	for (; i <= last; i++)
		fputc('^', error_file);
	fputc('\n', error_file);
}

/* @path is where in the document, as in nftables[2].add.rule.expr[0] */
void error_json(const struct source *src, const char *path, const char *msg)
{
	if (++errors > ERRORS_MAX)
		return;
	if (src->name)
		fprintf(error_file, "%s: ", src->name);
	fprintf(error_file, "Error: %s: %s\n", path, msg);
}

unsigned int error_count(void)
{
	return errors;
}

void error_reset(void)
{
	errors = 0;
}
