// SPDX-License-Identifier: GPL-2.0
/* Statements in nft's language, by nft-mapt's own scanner and parser. */
#include <stdlib.h>
#include <string.h>

#include "../nft-mapt/carrier.h"
#include "../nft-mapt/front.h"
#include "../nft-mapt/source.h"
#include "rules.h"
#include "tool.h"

static void add_edit(const struct source *src, const struct edit *edit,
		     unsigned int line, struct found_list *list)
{
	const char *quote = strchr(edit->text, '"');
	struct buf where = {};
	struct mapt_stmt stmt;
	const void *data;
	int carrier;
	size_t len;

	carrier = quote ? carrier_find(quote + 1, strcspn(quote + 1, "\"")) : -1;
	if (carrier < 0)
		return;
	data = carrier_data(carrier, &len);
	if (!mapt_decode(data, len, &stmt))
		return;
	buf_printf(&where, "%s:%u", src->name, line);
	found_add(list, &stmt)->where = where.data;
}

/* The reader keeps its state there; there is no libnftables behind ours. */
static void reader_start(void)
{
	front = front_new(NULL);
	if (!front)
		buf_no_memory();
}

static void reader_stop(void)
{
	front_free(front);
	front = NULL;
}

/* Edits come in the order of the text. */
static void add_edits(const struct source *src, struct found_list *list)
{
	unsigned int line = 1;
	size_t i, pos = 0;

	for (i = 0; i < src->num_edits; i++) {
		for (; pos < src->edits[i].start; pos++)
			line += src->text[pos] == '\n';
		add_edit(src, &src->edits[i], line, list);
	}
}

/**
 * nftfile_scan - the statements of a ruleset
 * @name: its name in errors
 * @text: what nft would read
 * @list: they are added here
 *
 * Return: false after errors in nft's manner.
 */
bool nftfile_scan(const char *name, const char *text, struct found_list *list)
{
	struct source *src;
	bool ok;

	reader_start();
	src = source_new(name, xstrdup(text), strlen(text));
	ok = scan_text(src);
	for (src = front->sources; ok && src; src = src->next)
		add_edits(src, list);
	reader_stop();
	return ok;
}

/**
 * nftfile_stmt - a statement
 * @text: as in a rule, with "mapt" in front
 * @stmt: result
 *
 * Return: false after an error in nft's manner.
 */
bool nftfile_stmt(const char *text, struct mapt_stmt *stmt)
{
	struct source *src;
	struct tokens tokens = {};
	struct token tok, head;
	struct span end;
	struct lexer lx;
	bool ok;

	reader_start();
	src = source_new(NULL, xstrdup(text), strlen(text));
	lx = (struct lexer){ .src = src };
	head = lex(&lx);
	for (tok = lex(&lx); tok.type != TOK_EOF; tok = lex(&lx))
		tokens_add(&tokens, &tok);
	end = tok.span;
	ok = mapt_parse(&tokens, &head.span, &end, stmt);
	tokens_free(&tokens);
	reader_stop();
	return ok;
}
