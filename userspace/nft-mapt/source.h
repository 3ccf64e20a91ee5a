/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sources (files, standard input, a command line) as the user wrote them,
 * their tokens, and what libnftables is given in their place.
 */
#ifndef NFT_MAPT_SOURCE_H
#define NFT_MAPT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <jansson.h>

#include "buf.h"
#include "mapt.h"

struct source;

struct span {
	struct source	*src;
	size_t		start;
	size_t		end;
};

/*
 * A stretch of a source that libnftables sees otherwise: bytes @start to @end
 * of the text are bytes @out_start to @out_end of what it is given.
 */
struct edit {
	size_t	start;
	size_t	end;
	size_t	out_start;
	size_t	out_end;
	char	*text;
};

/*
 * @name is what nft puts before an error's line number, NULL where it puts
 * nothing; @alias what libnftables turned out to call the same file. @out is
 * the text for libnftables.
 */
struct source {
	struct source	*next;
	char		*name;
	char		*alias;
	dev_t		dev;
	ino_t		ino;
	char		*text;
	size_t		len;
	struct span	included;	/* from where, @src NULL if not */
	struct edit	*edits;
	size_t		num_edits;
	struct buf	out;
	bool		regular;	/* can be read again */
	bool		json;		/* @out is another document */
	bool		finished;
	unsigned int	opened;
};

struct source *source_new(const char *name, char *text, size_t len);
struct source *source_read(const char *name, const char *path);
void source_edit(struct source *src, size_t start, size_t end,
		 const char *text);
void source_finish(struct source *src);
FILE *source_open(const struct source *src);
FILE *source_reopen(const char *path);
void source_locate(const struct source *src, size_t pos, unsigned int *line,
		   unsigned int *column);
void sources_end(void);
void sources_free(void);

/* A line of @text: its start and, without the newline, its end. */
bool text_line(const char *text, size_t len, unsigned int line, size_t *start,
	       size_t *end);
size_t source_map(const struct source *src, size_t out_pos, bool end);

/* lex.c */
enum token_type {
	TOK_EOF,
	TOK_SEP,	/* newline or semicolon */
	TOK_WORD,
	TOK_STRING,	/* in double quotes */
	TOK_VAR,	/* $name */
	TOK_CHAR,
};

/*
 * @text is without quotes or dollar. @glued: nothing is between this token
 * and the one before.
 */
struct token {
	enum token_type	type;
	const char	*text;
	size_t		len;
	struct span	span;
	bool		glued;
};

struct lexer {
	struct source	*src;
	size_t		pos;
};

struct token lex(struct lexer *lx);
struct token lex_peek(const struct lexer *lx);
bool token_is(const struct token *tok, const char *word);
bool token_is_char(const struct token *tok, char c);

/* Tokens in a row, variables replaced by what they stand for. */
struct tokens {
	struct token	*tok;
	size_t		num;
};

void tokens_add(struct tokens *tokens, const struct token *tok);
void tokens_free(struct tokens *tokens);

/* define.c */
void define_scope_open(void);
void define_scope_close(void);
struct define;

enum define_use {
	USE_NFT,	/* where libnftables sees it */
	USE_MAPT,	/* in a mapt statement */
};

struct define *define_new(const struct token *name, bool again);
void define_set(struct define *def, struct tokens *value,
		const struct span *span, bool hidden);
void define_refer(struct define *def, const struct token *name);
void define_unset(const struct token *name, const struct span *span);
const struct tokens *define_get(const struct token *name, enum define_use use);
const struct tokens *define_value(const struct token *name);
bool define_is_reported(const struct token *unknown);
void defines_hide(void);
void defines_end(bool keep);
bool define_is_from(const struct source *src);
void defines_free(void);

/* parse.c */
bool mapt_parse(const struct tokens *tokens, const struct span *head,
		const struct span *end, struct mapt_stmt *stmt);

/* scan.c */
bool scan_text(struct source *src);

/* exchange.c */
void exchange_list(const struct source *src, json_t *list, const char *where);
bool exchange_json(struct source *src);

/* include.c */
void include_path_add(const char *path);
typedef void (*include_fn)(const char *path, void *data);
void include_each(const char *name, include_fn fn, void *data);
void include_paths_free(void);

/* error.c */
#define ERRORS_MAX	10
void error_at(const struct span *span, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void error_json(const struct source *src, const char *path, const char *msg);
void error_rest(void);
unsigned int error_count(void);
void error_reset(void);

#endif /* NFT_MAPT_SOURCE_H */
