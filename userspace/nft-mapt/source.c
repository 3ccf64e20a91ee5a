// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front.h"
#include "source.h"

/* Takes over @text, which must be NUL-terminated. */
struct source *source_new(const char *name, char *text, size_t len)
{
	struct source *src = xcalloc(1, sizeof(*src)), **pos;

	src->name = name ? xstrdup(name) : NULL;
	src->text = text;
	src->len = len;
	for (pos = &front->sources; *pos; pos = &(*pos)->next)
		;
	*pos = src;
	return src;
}

static bool read_all(int fd, struct buf *buf)
{
	char chunk[16384];
	ssize_t len;

	buf_add(buf, "", 0);
	while ((len = read(fd, chunk, sizeof(chunk)))) {
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return false;
		buf_add(buf, chunk, len);
	}
	return true;
}

/* Returns NULL when there is nothing to read: libnftables will say why. */
struct source *source_read(const char *name, const char *path)
{
	struct stat st = {};
	struct source *src;
	struct buf buf = {};
	bool ok = false;
	int fd;

	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (fd >= 0) {
		ok = !fstat(fd, &st) && read_all(fd, &buf);
		close(fd);
	}
	if (!ok) {
		buf_free(&buf);
		return NULL;
	}
	src = source_new(name, buf.data, buf.len);
	src->regular = path && S_ISREG(st.st_mode);
	src->dev = st.st_dev;
	src->ino = st.st_ino;
	return src;
}

/*
 * Puts @text in the place of bytes @start to @end. What follows keeps its
 * line, and where there is room its column: line ends become continued ones,
 * blanks fill up.
 */
void source_edit(struct source *src, size_t start, size_t end,
		 const char *text)
{
	struct edit *edit;

	src->edits = xrealloc(src->edits,
			      (src->num_edits + 1) * sizeof(*src->edits));
	edit = &src->edits[src->num_edits++];
	*edit = (struct edit) {
		.start	= start,
		.end	= end,
		.text	= xstrdup(text),
	};
}

static void apply_edit(struct source *src, struct edit *edit)
{
	size_t len = strlen(edit->text), i, last = edit->start;

	edit->out_start = src->out.len;
	buf_adds(&src->out, edit->text);
	for (i = edit->start; i < edit->end; i++) {
		if (src->text[i] != '\n')
			continue;
		buf_adds(&src->out, len ? "\\\n" : "\n");
		last = i + 1;
	}
	if (last != edit->start)
		buf_fill(&src->out, ' ', edit->end - last);
	else if (len < edit->end - edit->start)
		buf_fill(&src->out, ' ', edit->end - edit->start - len);
	edit->out_end = src->out.len;
}

static int compare_edits(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Makes the output, once there are no more edits. */
void source_finish(struct source *src)
{
	size_t pos = 0, i;

	if (src->finished)
		return;
	src->finished = true;
	if (src->num_edits)
		qsort(src->edits, src->num_edits, sizeof(*src->edits),
		      compare_edits);
	for (i = 0; i < src->num_edits; i++) {
		struct edit *edit = &src->edits[i];

		buf_add(&src->out, src->text + pos, edit->start - pos);
		apply_edit(src, edit);
		pos = edit->end;
	}
	buf_add(&src->out, src->text + pos, src->len - pos);
}

/*
 * The byte of the text that @out_pos of the output stands for. Inside an edit
 * that is its first byte or, with @end, its last one.
 */
size_t source_map(const struct source *src, size_t out_pos, bool end)
{
	size_t pos = out_pos, i;

	for (i = 0; i < src->num_edits; i++) {
		const struct edit *edit = &src->edits[i];

		if (out_pos < edit->out_start)
			break;
		if (out_pos < edit->out_end)
			return end ? edit->end - 1 : edit->start;
		pos = out_pos - edit->out_end + edit->end;
	}
	return pos;
}

/* A stream of the output; a regular file, which newer libnftables insists on. */
FILE *source_open(const struct source *src)
{
	int fd = memfd_create("nft-mapt", MFD_CLOEXEC);
	size_t done = 0;
	ssize_t len;
	FILE *file;

	if (fd < 0)
		return NULL;
	while (done < src->out.len) {
		len = write(fd, src->out.data + done, src->out.len - done);
		if (len < 0)
			goto err;
		done += len;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		goto err;
	file = fdopen(fd, "r");
	if (file)
		return file;
err:
	close(fd);
	return NULL;
}

static bool is_source(const struct source *src, const char *path,
		      const struct stat *st)
{
	if (!src->name)
		return false;
	return !strcmp(src->name, path) ||
	       (src->ino && st->st_ino == src->ino && st->st_dev == src->dev);
}

/*
 * What libnftables reads when it opens @path, NULL if it may read the file
 * itself. A file included more than once is given as often, and over again
 * when libnftables starts over or looks for an error's line.
 */
FILE *source_reopen(const char *path)
{
	struct source *src, *next = NULL;
	struct stat st = {};

	stat(path, &st);
	for (src = front->sources; src; src = src->next) {
		if (is_source(src, path, &st) &&
		    (!next || src->opened < next->opened))
			next = src;
	}
	if (!next)
		return NULL;
	next->opened++;
	if (next->regular && !next->num_edits && !next->json)
		return NULL;
	if (strcmp(next->name, path) && !next->alias)
		next->alias = xstrdup(path);
	return source_open(next);
}

/* Lines count from 1. */
bool text_line(const char *text, size_t len, unsigned int line, size_t *start,
	       size_t *end)
{
	const char *pos = text, *newline;

	while (--line) {
		newline = memchr(pos, '\n', text + len - pos);
		if (!newline)
			return false;
		pos = newline + 1;
	}
	newline = memchr(pos, '\n', text + len - pos);
	*start = pos - text;
	*end = newline ? (size_t)(newline - text) : len;
	return true;
}

void source_locate(const struct source *src, size_t pos, unsigned int *line,
		   unsigned int *column)
{
	size_t i, start = 0;

	*line = 1;
	for (i = 0; i < pos && i < src->len; i++) {
		if (src->text[i] == '\n') {
			++*line;
			start = i + 1;
		}
	}
	*column = pos - start + 1;
}

static void source_free(struct source *src)
{
	while (src->num_edits)
		free(src->edits[--src->num_edits].text);
	free(src->name);
	free(src->alias);
	free(src->text);
	free(src->edits);
	buf_free(&src->out);
	free(src);
}

/*
 * The command is over. What definitions were read from is kept for as long as
 * there are any, out of reach of what later commands open.
 */
void sources_end(void)
{
	struct source **pos, *src;

	for (pos = &front->kept; *pos; pos = &(*pos)->next)
		;
	*pos = front->sources;
	front->sources = NULL;
	for (pos = &front->kept; (src = *pos);) {
		if (define_is_from(src)) {
			pos = &src->next;
			continue;
		}
		*pos = src->next;
		source_free(src);
	}
}

void sources_free(void)
{
	defines_free();
	sources_end();
}
