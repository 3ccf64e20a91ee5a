// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nf_tables_mapt.h>

#include "carrier.h"
#include "filter.h"
#include "source.h"

static void print_debug(int carrier, struct buf *out)
{
	buf_adds(out, "[ ");
	carrier_print(carrier, out);
	buf_adds(out, " ]");
}

/*
 * Forms that a carrier takes in output: as text, in JSON, and in netlink
 * debugging. What comes between @head and @tail is the prefix.
 */
static const struct form {
	const char	*head;
	const char	*tail;
	void		(*print)(int carrier, struct buf *out);
} forms[] = {
	{ "log prefix \"", "\"", carrier_print },
	{ "{\"log\": {\"prefix\": \"", "\"}}", carrier_print_json },
	{ "[ log prefix ", " ]", print_debug },
};

/* libnftables shows no more of a line of a file */
#define ECHO_MAX	1023

#define NUM_FORMS	(sizeof(forms) / sizeof(forms[0]))

enum match {
	MATCH_NO,
	MATCH_PARTLY,	/* more text is needed to tell */
	MATCH_YES,
};

static enum match match_word(const char **text, const char *end,
			     const char *word)
{
	size_t len = strlen(word), left = end - *text;

	if (memcmp(*text, word, left < len ? left : len))
		return MATCH_NO;
	if (left < len)
		return MATCH_PARTLY;
	*text += len;
	return MATCH_YES;
}

static enum match match_form(const char **text, const char *end,
			     const struct form *form, int *carrier)
{
	const char *pos = *text, *prefix;
	enum match match;

	match = match_word(&pos, end, form->head);
	if (match != MATCH_YES)
		return match;
	prefix = pos;
	match = match_word(&pos, end, carrier_mark());
	if (match != MATCH_YES)
		return match;
	while (pos < end && *pos >= '0' && *pos <= '9')
		pos++;
	*carrier = carrier_find(prefix, pos - prefix);
	match = match_word(&pos, end, form->tail);
	if (match == MATCH_YES)
		*text = pos;
	return match;
}

/*
 * Appends @in to @out with statements in place of carriers, as far as that
 * can be told, and drops it from @in. With @all, nothing is left.
 */
static void exchange(struct buf *in, struct buf *out, bool all)
{
	const char *pos = in->data, *end = pos + in->len, *done = pos;
	int carrier = -1;
	size_t i;

	while (pos < end) {
		enum match match = MATCH_NO;

		if (*pos != 'l' && *pos != '{' && *pos != '[') {
			pos++;
			continue;
		}
		buf_add(out, done, pos - done);
		done = pos;
		for (i = 0; i < NUM_FORMS && match == MATCH_NO; i++) {
			match = match_form(&pos, end, &forms[i], &carrier);
			if (match == MATCH_YES && carrier >= 0) {
				forms[i].print(carrier, out);
				done = pos;
			}
		}
		if (match == MATCH_PARTLY && !all)
			break;
		if (match != MATCH_YES)
			pos++;
	}
	if (pos == end || all) {
		buf_add(out, done, end - done);
		done = end;
	}
	if (in->data)
		buf_cut(in, done - in->data);
}

struct filter {
	FILE		*to;
	struct buf	in;
	struct buf	out;

	/* errors: the one whose line and marks come next */
	const struct source	*src;
	unsigned int		line;
	bool			echo_next;
	bool			marks_next;
	struct buf		echo;
};

static void flush_out(struct filter *filter)
{
	fwrite(filter->out.data, 1, filter->out.len, filter->to);
	fflush(filter->to);
	buf_cut_tail(&filter->out, 0);
}

static ssize_t write_output(void *cookie, const char *data, size_t len)
{
	struct filter *filter = cookie;

	buf_add(&filter->in, data, len);
	exchange(&filter->in, &filter->out, false);
	flush_out(filter);
	return len;
}

static int close_output(void *cookie)
{
	struct filter *filter = cookie;

	exchange(&filter->in, &filter->out, true);
	flush_out(filter);
	buf_free(&filter->in);
	buf_free(&filter->out);
	buf_free(&filter->echo);
	free(filter);
	return 0;
}

static FILE *filter_open(FILE *to, bool lines, cookie_write_function_t *write,
			 cookie_close_function_t *close)
{
	cookie_io_functions_t functions = { .write = write, .close = close };
	struct filter *filter = xcalloc(1, sizeof(*filter));
	FILE *file;

	filter->to = to;
	buf_adds(&filter->out, "");
	file = fopencookie(filter, "w", functions);
	if (!file) {
		perror("nft-mapt: fopencookie");
		exit(EXIT_FAILURE);
	}
	setvbuf(file, NULL, lines ? _IOLBF : _IOFBF, 65536);
	return file;
}

/* @lines: write each line at once */
FILE *filter_output(FILE *to, bool lines)
{
	return filter_open(to, lines, write_output, close_output);
}

/* The command that libnftables has no name for in errors. */
static const struct source *command;

void filter_set_command(const struct source *src)
{
	command = src;
}

/* "NAME:LINE:FIRST-LAST: ", as before an error in a file */
struct place {
	const struct source	*src;
	const char		*name;
	unsigned int		line;
	unsigned int		first;
	unsigned int		last;
	size_t			len;
};

static bool read_place(const char *text, struct place *place)
{
	const struct source *src;
	const char *name;
	size_t len;
	int end;

	for (src = sources; src; src = src->next) {
		if (!src->name)
			continue;
		name = src->alias ? src->alias : src->name;
		len = strlen(name);
		end = 0;
		if (strncmp(text, name, len) ||
		    sscanf(text + len, ":%u:%u-%u:%n", &place->line,
			   &place->first, &place->last, &end) != 3 || !end)
			continue;
		place->src = src;
		place->name = name;
		place->len = len + end;
		return true;
	}
	return false;
}

/* Columns of a line that libnftables read, as columns of the user's line. */
static void map_columns(const struct source *src, unsigned int line,
			unsigned int *first, unsigned int *last)
{
	size_t out_start, out_end, start, end, pos;

	if (!src->num_edits ||
	    !text_line(src->out.data, src->out.len, line, &out_start,
		       &out_end) ||
	    !text_line(src->text, src->len, line, &start, &end))
		return;

	if (*first) {
		pos = source_map(src, out_start + *first - 1, false);
		*first = pos > start ? pos - start + 1 : 1;
	}
	if (*last) {
		pos = source_map(src, out_start + *last - 1, true);
		if (pos >= end)
			pos = end ? end - 1 : 0;
		*last = pos >= start ? pos - start + 1 : 1;
	}
	if (*last < *first)
		*last = end - start;
}

static const char *chains_for(int op)
{
	switch (op) {
	case NFT_MAPT_NAPT:
		return "mapt napt belongs in chains of type nat, hook postrouting";
	case NFT_MAPT_CE:
		return "mapt ce belongs in chains of type filter, hook postrouting with a priority above 100 (srcnat) or hook prerouting with one between -400 and -200 (raw)";
	default:
		return "mapt br belongs in chains of type filter, hook forward, or hook prerouting or output with a priority between -400 and -200 (raw)";
	}
}

static bool ends_with(const char *text, const char *tail)
{
	size_t len = strlen(text), tail_len = strlen(tail);

	return len >= tail_len && !strcmp(text + len - tail_len, tail);
}

/* Says what the kernel's answer to a mapt expression means. */
static void add_hint(struct filter *filter, const char *text)
{
	const char *sep = "; ";
	int op;

	if (!strstr(text, "Could not process rule: "))
		return;
	if (batch_refused(ENOENT) && ends_with(text, strerror(ENOENT))) {
		buf_adds(&filter->out,
			 "; the kernel has no mapt expression: the module nft_mapt is missing (modprobe nft_mapt; make install, where it is not installed)");
		return;
	}
	if (!ends_with(text, strerror(EOPNOTSUPP)))
		return;
	for (op = 0; op <= NFT_MAPT_OP_MAX; op++) {
		if (!(batch_ops() & 1U << op))
			continue;
		buf_printf(&filter->out, "%s%s, family ip%s or inet", sep,
			   chains_for(op), op == NFT_MAPT_NAPT ? "" : ", ip6");
		sep = "; ";
	}
}

/* The place, if there is one, and the message. */
static void message(struct filter *filter, char *text)
{
	struct place place;
	char *rest = text;

	if (!strstr(text, "rror: ")) {
		buf_printf(&filter->out, "%s\n", text);
		return;
	}
	if (read_place(text, &place)) {
		map_columns(place.src, place.line, &place.first, &place.last);
		buf_printf(&filter->out, "%s:%u:%u-%u:", place.name,
			   place.line, place.first, place.last);
		rest += place.len;
		filter->src = place.src;
		filter->line = place.line;
	} else {
		filter->src = command;
		filter->line = 0;
	}
	filter->echo_next = filter->src;
	buf_adds(&filter->out, rest);
	add_hint(filter, rest);
	buf_adds(&filter->out, "\n");
}

/* Whether @text is @line of what libnftables read; it cuts long ones. */
static bool is_line(const struct source *src, unsigned int line,
		    const char *text)
{
	size_t start, end, len = strlen(text);

	if (!text_line(src->out.data, src->out.len, line, &start, &end) ||
	    memcmp(src->out.data + start, text,
		   len < end - start ? len : end - start))
		return false;
	return len == end - start || (len < end - start && len >= ECHO_MAX);
}

/* In a command libnftables does not tell the line of. 0: it is none */
static unsigned int find_line(const struct source *src, const char *text)
{
	unsigned int line;
	size_t start, end;

	for (line = 1; text_line(src->out.data, src->out.len, line, &start,
				 &end); line++) {
		if (is_line(src, line, text))
			return line;
	}
	return 0;
}

/*
 * The line that libnftables read: the user's takes its place. It comes right
 * after the message, or newer versions say first what they expected.
 */
static bool echo(struct filter *filter, const char *text)
{
	const struct source *src = filter->src;
	size_t start, end;

	if (!src->num_edits)
		return false;
	if (!filter->line)
		filter->line = find_line(src, text);
	if (!filter->line || !is_line(src, filter->line, text))
		return false;
	if (!text_line(src->text, src->len, filter->line, &start, &end))
		return false;

	filter->echo_next = false;
	filter->marks_next = true;
	buf_cut_tail(&filter->echo, 0);
	buf_add(&filter->echo, src->text + start, end - start);
	buf_add(&filter->out, filter->echo.data, filter->echo.len);
	buf_adds(&filter->out, "\n");
	return true;
}

static void marks(struct filter *filter, const char *text)
{
	size_t len = filter->echo.len + 1, i, end, used = 0;
	char *line = xmalloc(len + 1);
	unsigned int first, last;

	memset(line, ' ', len);
	for (i = 0; i < filter->echo.len; i++) {
		if (filter->echo.data[i] == '\t')
			line[i] = '\t';
	}
	for (i = 0; text[i]; i = end) {
		end = i + 1;
		if (text[i] != '^' && text[i] != '~')
			continue;
		while (text[end] == text[i])
			end++;
		first = i + 1;
		last = end;
		map_columns(filter->src, filter->line, &first, &last);
		for (; first <= last && first <= len; first++) {
			line[first - 1] = text[i];
			if (used < first)
				used = first;
		}
	}
	line[used] = '\0';
	buf_printf(&filter->out, "%s\n", line);
	free(line);
	filter->marks_next = false;
}

static void error_line(struct filter *filter, char *text)
{
	struct buf line = {}, message_text = {};

	if (filter->marks_next) {
		marks(filter, text);
		return;
	}
	if (filter->echo_next && echo(filter, text))
		return;
	buf_adds(&line, text);
	buf_adds(&message_text, "");
	exchange(&line, &message_text, true);
	message(filter, message_text.data);
	buf_free(&line);
	buf_free(&message_text);
}

static ssize_t write_errors(void *cookie, const char *data, size_t len)
{
	struct filter *filter = cookie;
	char *newline;
	size_t line;

	buf_add(&filter->in, data, len);
	while ((newline = memchr(filter->in.data, '\n', filter->in.len))) {
		line = newline - filter->in.data;
		filter->in.data[line] = '\0';
		error_line(filter, filter->in.data);
		buf_cut(&filter->in, line + 1);
	}
	flush_out(filter);
	return len;
}

FILE *filter_errors(FILE *to)
{
	return filter_open(to, true, write_errors, close_output);
}
