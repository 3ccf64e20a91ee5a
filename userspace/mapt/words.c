// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "tool.h"

void words_start(struct words *words, const char *text)
{
	memset(words, 0, sizeof(*words));
	words->pos = text;
	words->next_line = 1;
}

void words_end(struct words *words)
{
	while (words->num)
		free(words->word[--words->num]);
}

static void take(struct words *words, struct buf *text)
{
	if (words->num == WORDS_MAX) {
		words->too_many = true;
		buf_free(text);
		return;
	}
	words->word[words->num++] = text->data;
	memset(text, 0, sizeof(*text));
}

/* A quoted part of a word; ends at the quote or the end of the text. */
static void quoted(struct words *words, struct buf *text)
{
	char quote = *words->pos++;

	for (; *words->pos && *words->pos != quote; words->pos++) {
		if (*words->pos == '\n')
			words->next_line++;
		if (quote == '"' && *words->pos == '\\' && words->pos[1])
			words->pos++;
		buf_add(text, words->pos, 1);
	}
	if (*words->pos)
		words->pos++;
}

static bool word(struct words *words, struct buf *text)
{
	const char *start = words->pos;

	buf_add(text, "", 0);
	while (*words->pos && !strchr(" \t\r\n;", *words->pos)) {
		if (*words->pos == '\'' || *words->pos == '"') {
			quoted(words, text);
		} else if (*words->pos == '\\' && words->pos[1] == '\n') {
			break;
		} else {
			buf_add(text, words->pos++, 1);
		}
	}
	return words->pos != start;
}

/**
 * words_line - the next line that has words
 * @words: reader
 *
 * A backslash at a line's end continues it, # begins a comment, ; ends a line.
 *
 * Return: false at the end.
 */
bool words_line(struct words *words)
{
	struct buf text = {};

	words_end(words);
	words->line = words->next_line;
	for (;;) {
		words->pos += strspn(words->pos, " \t\r");
		if (*words->pos == '\\' && words->pos[1] == '\n') {
			words->pos += 2;
			words->next_line++;
		} else if (*words->pos == '#') {
			words->pos += strcspn(words->pos, "\n");
		} else if (*words->pos == '\n' || *words->pos == ';') {
			words->next_line += *words->pos++ == '\n';
			if (words->num)
				return true;
			words->line = words->next_line;
		} else if (!*words->pos) {
			return words->num;
		} else if (word(words, &text)) {
			take(words, &text);
		}
	}
}
