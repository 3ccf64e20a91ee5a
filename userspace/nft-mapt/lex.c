// SPDX-License-Identifier: GPL-2.0
/* Tokens, by nft's lexical rules as far as finding statements needs them. */
#include <stdlib.h>
#include <string.h>

#include "source.h"

static bool is_word_char(char c)
{
	return c && !strchr(" \t\r\n\"#;{}(),=<>!&|^[]$@", c);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* Skips blanks, comments and continued line ends. */
static void skip_blanks(struct lexer *lx)
{
	const char *text = lx->src->text;
	size_t len = lx->src->len;

	while (lx->pos < len) {
		char c = text[lx->pos];

		if (c == ' ' || c == '\t' || c == '\r') {
			lx->pos++;
		} else if (c == '\\' && lx->pos + 1 < len &&
			   text[lx->pos + 1] == '\n') {
			lx->pos += 2;
		} else if (c == '#') {
			while (lx->pos < len && text[lx->pos] != '\n')
				lx->pos++;
		} else {
			return;
		}
	}
}

static void lex_string(struct lexer *lx, struct token *tok)
{
	const char *text = lx->src->text;
	const char *quote = memchr(text + lx->pos, '"', lx->src->len - lx->pos);

	tok->type = TOK_STRING;
	tok->text = text + lx->pos;
	if (quote) {
		tok->len = quote - tok->text;
		lx->pos += tok->len + 1;
	} else {
		tok->len = lx->src->len - lx->pos;
		lx->pos = lx->src->len;
	}
}

static void lex_word(struct lexer *lx, struct token *tok,
		     bool (*belongs)(char c))
{
	const char *text = lx->src->text;

	tok->text = text + lx->pos;
	while (lx->pos < lx->src->len && belongs(text[lx->pos])) {
		if (text[lx->pos] == '\\' && text[lx->pos + 1] == '\n')
			break;
		lx->pos++;
	}
	tok->len = text + lx->pos - tok->text;
}

struct token lex(struct lexer *lx)
{
	const char *text = lx->src->text;
	size_t before = lx->pos;
	struct token tok = {};
	char c;

	skip_blanks(lx);
	tok.glued = before && lx->pos == before;
	tok.text = text + lx->pos;
	tok.span.src = lx->src;
	tok.span.start = lx->pos;
	if (lx->pos >= lx->src->len) {
		tok.type = TOK_EOF;
		tok.span.end = lx->pos + 1;
		return tok;
	}

	c = text[lx->pos];
	if (c == '\n' || c == ';') {
		tok.type = TOK_SEP;
		tok.len = 1;
		lx->pos++;
	} else if (c == '"') {
		lx->pos++;
		lex_string(lx, &tok);
	} else if (c == '$') {
		lx->pos++;
		tok.type = TOK_VAR;
		lex_word(lx, &tok, is_name_char);
	} else if (is_word_char(c)) {
		tok.type = TOK_WORD;
		lex_word(lx, &tok, is_word_char);
	} else {
		tok.type = TOK_CHAR;
		tok.len = 1;
		lx->pos++;
	}
	tok.span.end = lx->pos;
	return tok;
}

struct token lex_peek(const struct lexer *lx)
{
	struct lexer copy = *lx;

	return lex(&copy);
}

bool token_is(const struct token *tok, const char *word)
{
	return tok->type == TOK_WORD && tok->len == strlen(word) &&
	       !memcmp(tok->text, word, tok->len);
}

bool token_is_char(const struct token *tok, char c)
{
	return tok->type == TOK_CHAR && *tok->text == c;
}

void tokens_add(struct tokens *tokens, const struct token *tok)
{
	/* room for a power of two */
	if (!(tokens->num & (tokens->num - 1)))
		tokens->tok = xrealloc(tokens->tok,
				       (tokens->num ? tokens->num * 2 : 1) *
				       sizeof(*tok));
	tokens->tok[tokens->num++] = *tok;
}

void tokens_free(struct tokens *tokens)
{
	free(tokens->tok);
	memset(tokens, 0, sizeof(*tokens));
}
