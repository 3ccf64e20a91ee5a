// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "carrier.h"
#include "filter.h"
#include "front.h"
#include "mapt.h"
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

/*
 * For errors, @src and @line are what the message in @held is about, whose
 * line and marks come next.
 */
struct filter {
	FILE			*to;
	struct buf		in;
	struct buf		out;
	const struct source	*command;	/* has no name in errors */
	const struct source	*src;
	unsigned int		line;
	bool			echo_next;
	bool			marks_next;
	bool			told_missing;
	struct buf		held;
	struct buf		echo;
};

/* A chunk on its way through. */
struct chunk {
	struct filter	*filter;
	const char	*data;
	size_t		len;
};

static void flush_out(struct filter *filter)
{
	if (filter->out.len)
		fwrite(filter->out.data, 1, filter->out.len, filter->to);
	fflush(filter->to);
	buf_cut_tail(&filter->out, 0);
}

static void output_chunk(void *data)
{
	const struct chunk *chunk = data;
	struct filter *filter = chunk->filter;

	/* nothing to look for: as it is */
	if (!front->num_carriers && !filter->in.len) {
		fwrite(chunk->data, 1, chunk->len, filter->to);
		fflush(filter->to);
		return;
	}
	buf_add(&filter->in, chunk->data, chunk->len);
	exchange(&filter->in, &filter->out, false);
	flush_out(filter);
}

static void flush_held(struct filter *filter);

static void close_chunk(void *data)
{
	const struct chunk *chunk = data;
	struct filter *filter = chunk->filter;

	flush_held(filter);
	exchange(&filter->in, &filter->out, true);
	flush_out(filter);
}

/* A stream has its owner's front, whoever writes to it. */
static ssize_t write_chunk(void *cookie, const char *data, size_t len,
			   void (*fn)(void *data))
{
	struct chunk chunk = { .filter = cookie, .data = data, .len = len };

	return front_try(fn, &chunk) ? (ssize_t)len : -1;
}

static ssize_t write_output(void *cookie, const char *data, size_t len)
{
	return write_chunk(cookie, data, len, output_chunk);
}

static int close_filter(void *cookie)
{
	struct filter *filter = cookie;

	write_chunk(cookie, NULL, 0, close_chunk);
	buf_free(&filter->in);
	buf_free(&filter->out);
	buf_free(&filter->held);
	buf_free(&filter->echo);
	free(filter);
	return 0;
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

	for (src = front->sources; src; src = src->next) {
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
		return "mapt napt belongs in chains of type nat, hook postrouting, or prerouting for what comes from outside";
	case NFT_MAPT_CE:
		return "mapt ce belongs in chains of type filter, hook postrouting with a priority above 100 (srcnat) or hook prerouting with one between -400 and -200 (raw)";
	default:
		return "mapt br belongs in chains of type filter, hook forward or ingress, or hook prerouting or output with a priority between -400 and -200 (raw)";
	}
}

/* The operation of a statement in whose place @edit is, as a bit. */
static unsigned int edit_ops(const struct edit *edit)
{
	size_t head = strlen(forms[0].head), len = strlen(edit->text);
	int carrier, op;

	if (len <= head)
		return 0;
	carrier = carrier_find(edit->text + head, len - head - 1);
	op = carrier < 0 ? -1 : carrier_op(carrier);
	return op < 0 ? 0 : 1U << op;
}

static bool find_word(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word));
}

static bool ends_with(const char *text, const char *tail)
{
	size_t len = strlen(text), tail_len = strlen(tail);

	return len >= tail_len && !strcmp(text + len - tail_len, tail);
}

/*
 * What the kernel said of a rule: @first to @last of @line in @src are marked,
 * as libnftables knows them; @line is 0 where nothing is.
 */
struct verdict {
	const struct source	*src;
	unsigned int		line;
	unsigned int		first;
	unsigned int		last;
};

/* Operations whose statements are marked, as bits. */
static unsigned int marked_ops(const struct verdict *verdict)
{
	const struct source *src = verdict->src;
	size_t start, end, from, to, i;
	unsigned int ops = 0;

	if (!verdict->line || !text_line(src->out.data, src->out.len,
					 verdict->line, &start, &end))
		return 0;
	from = start + verdict->first - 1;
	to = start + verdict->last;
	for (i = 0; i < src->num_edits; i++) {
		const struct edit *edit = &src->edits[i];

		if (edit->out_start < to && edit->out_end > from)
			ops |= edit_ops(edit);
	}
	return ops;
}

/* Operations of all statements, if what is marked leads to other chains. */
static unsigned int reached_ops(const struct verdict *verdict)
{
	const struct source *src;
	size_t start, end, i;
	unsigned int ops = 0;

	if (!verdict->line ||
	    !text_line(verdict->src->text, verdict->src->len, verdict->line,
		       &start, &end) ||
	    !(find_word(verdict->src->text + start, end - start, "jump") ||
	      find_word(verdict->src->text + start, end - start, "goto") ||
	      find_word(verdict->src->text + start, end - start, "vmap")))
		return 0;
	for (src = front->sources; src; src = src->next) {
		for (i = 0; i < src->num_edits; i++)
			ops |= edit_ops(&src->edits[i]);
	}
	return ops;
}

static void add_chains(struct buf *out, unsigned int ops, const char *sep)
{
	int op;

	for (op = 0; op <= NFT_MAPT_OP_MAX; op++) {
		if (!(ops & 1U << op))
			continue;
		buf_printf(out, "%s%s, family ip%s or inet", sep,
			   chains_for(op), op == NFT_MAPT_NAPT ? "" :
			   op == NFT_MAPT_CE ? ", ip6" : ", ip6, netdev");
		sep = "; ";
	}
}

/* Whether a statement with a flowtable is marked. */
static bool marked_flow(const struct verdict *verdict)
{
	const struct source *src = verdict->src;
	size_t start, end;

	return marked_ops(verdict) & 1U << NFT_MAPT_CE &&
	       text_line(src->text, src->len, verdict->line, &start, &end) &&
	       find_word(src->text + start, end - start, "flow");
}

/* Says what the kernel's answer to a mapt expression means. */
static void add_hint(struct filter *filter, const struct verdict *verdict,
		     struct buf *out)
{
	const char *text = filter->held.data;
	unsigned int ops = marked_ops(verdict);

	if (marked_flow(verdict) && !batch_missing() &&
	    strstr(text, strerror(ENOENT))) {
		buf_adds(out, "; flow takes a flowtable of the same table");
	} else if (batch_missing() && ends_with(text, strerror(ENOENT)) &&
	    (ops || !verdict->line) && !filter->told_missing) {
		filter->told_missing = true;
		buf_adds(out,
			 "; the kernel has no mapt expression: the module nft_mapt is missing (modprobe nft_mapt; make install, where it is not installed)");
		if (batch_missing() > 1)
			buf_printf(out, "; %u more rules need it",
				   batch_missing() - 1);
	} else if (ends_with(text, strerror(EOPNOTSUPP))) {
		if (!verdict->line)
			ops = batch_refused(EOPNOTSUPP);
		if (marked_flow(verdict))
			buf_adds(out, "; flow takes a flowtable of a table inet, without flags offload");
		if (ops)
			add_chains(out, ops, "; ");
		else
			add_chains(out, reached_ops(verdict),
				   "; if a chain that this leads to has it, ");
	}
}

/* What was held back of an error until it was known what it is about. */
static void tell_held(struct filter *filter, const struct verdict *verdict)
{
	if (!filter->held.len)
		return;
	buf_add(&filter->out, filter->held.data, filter->held.len);
	add_hint(filter, verdict, &filter->out);
	buf_adds(&filter->out, "\n");
	buf_cut_tail(&filter->held, 0);
}

static void flush_held(struct filter *filter)
{
	static const struct verdict nowhere = {};

	tell_held(filter, &nowhere);
}

/* The place, if there is one, and the message. */
static void message(struct filter *filter, const char *text)
{
	struct place place;
	const char *rest = text;

	flush_held(filter);
	if (!strstr(text, "rror: ")) {
		buf_printf(&filter->out, "%s\n", text);
		return;
	}
	if (read_place(text, &place)) {
		map_columns(place.src, place.line, &place.first, &place.last);
		buf_printf(&filter->held, "%s:%u:%u-%u:", place.name,
			   place.line, place.first, place.last);
		rest += place.len;
		filter->src = place.src;
		filter->line = place.line;
	} else {
		filter->src = filter->command;
		filter->line = 0;
	}
	buf_adds(&filter->held, rest);
	filter->echo_next = filter->src && filter->src->num_edits;
	/* libnftables has words of its own for what does not exist. */
	if (!filter->echo_next ||
	    (!strstr(rest, "Could not process rule: ") &&
	     !strstr(rest, strerror(ENOENT))))
		flush_held(filter);
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
	return true;
}

/* The marks, and before them what they are marks of. */
static void marks(struct filter *filter, const char *text)
{
	size_t len = filter->echo.len + 1, i, end, used = 0;
	struct verdict verdict = { .src = filter->src };
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
		if (!verdict.line) {
			verdict.line = filter->line;
			verdict.first = first;
			verdict.last = last;
		}
		map_columns(filter->src, filter->line, &first, &last);
		for (; first <= last && first <= len; first++) {
			line[first - 1] = text[i];
			if (used < first)
				used = first;
		}
	}
	line[used] = '\0';
	tell_held(filter, &verdict);
	buf_printf(&filter->out, "%s\n%s\n", filter->echo.data, line);
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

static void error_chunk(void *data)
{
	const struct chunk *chunk = data;
	struct filter *filter = chunk->filter;
	char *newline;
	size_t line;

	buf_add(&filter->in, chunk->data, chunk->len);
	while ((newline = memchr(filter->in.data, '\n', filter->in.len))) {
		line = newline - filter->in.data;
		filter->in.data[line] = '\0';
		error_line(filter, filter->in.data);
		buf_cut(&filter->in, line + 1);
	}
	/* what will not become a message need not wait for its end: -o prints
	 * its rules elsewhere, in between
	 */
	if (filter->in.len && isspace((unsigned char)*filter->in.data) &&
	    !filter->echo_next && !filter->marks_next) {
		buf_add(&filter->out, filter->in.data, filter->in.len);
		buf_cut(&filter->in, filter->in.len);
	}
	flush_out(filter);
}

static ssize_t write_errors(void *cookie, const char *data, size_t len)
{
	return write_chunk(cookie, data, len, error_chunk);
}

static FILE *filter_open(cookie_write_function_t *write, struct filter **made)
{
	cookie_io_functions_t functions = {
		.write = write,
		.close = close_filter,
	};
	struct filter *filter = calloc(1, sizeof(*filter));
	FILE *file;

	if (!filter)
		return NULL;
	file = fopencookie(filter, "w", functions);
	if (!file) {
		free(filter);
		return NULL;
	}
	*made = filter;
	return file;
}

/* NULL without memory, as the next one. */
FILE *filter_output(struct filter **made)
{
	return filter_open(write_output, made);
}

FILE *filter_errors(struct filter **made)
{
	FILE *file = filter_open(write_errors, made);

	if (file)
		setvbuf(file, NULL, _IONBF, 0);
	return file;
}

/* Before anything is written. */
void filter_set_target(struct filter *filter, FILE *to)
{
	filter->to = to;
}

/* @command is what libnftables has no name for in errors, or NULL. */
void filter_set_command(struct filter *filter, const struct source *command)
{
	filter->command = command;
}
