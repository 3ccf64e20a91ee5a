// SPDX-License-Identifier: GPL-2.0
/*
 * Finds mapt statements where nft's grammar has room for statements of a
 * rule, and variables that hold mapping rules; puts carriers in their place.
 *
 * A name can be mapt, ce or br as well, so this walks over commands and
 * blocks instead of searching for words. What it does not know it leaves
 * alone, for libnftables to parse or to refuse.
 */
#include <stdlib.h>
#include <string.h>

#include "carrier.h"
#include "front.h"
#include "source.h"

#define NESTING_MAX	64
#define INCLUDE_MAX	16

enum block {
	BLOCK_TOP,
	BLOCK_TABLE,
	BLOCK_CHAIN,
};

static void scan_block(struct lexer *lx, enum block block);

static bool token_in(const struct token *tok, const char * const *words)
{
	for (; *words; words++) {
		if (token_is(tok, *words))
			return true;
	}
	return false;
}

/* Variables in a string, which libnftables replaces in some places. */
static void use_in_string(const struct token *string)
{
	struct lexer lx = {
		.src = string->span.src,
		.pos = string->span.start + 1,
	};
	size_t end = string->span.end;

	for (; lx.pos < end; lx.pos++) {
		if (lx.src->text[lx.pos] == '$') {
			struct token tok = lex_peek(&lx);

			define_get(&tok, USE_NFT);
		}
	}
}

/* Reads a token that libnftables will see. */
static struct token next(struct lexer *lx)
{
	struct token tok = lex(lx);

	if (tok.type == TOK_VAR)
		define_get(&tok, USE_NFT);
	else if (tok.type == TOK_STRING)
		use_in_string(&tok);
	return tok;
}

static const char * const ops[] = { "napt", "ce", "br", NULL };
static const char * const parts[] = {
	"bmr", "end-user", "to", "dmr", "fmr", NULL
};

/* A statement where none can be, before @lx: in a set, a map, or outside of rules. */
static void refuse_stmt(struct lexer *lx, const struct token *mapt)
{
	struct lexer ahead = *lx;
	struct token op = lex(&ahead), part = lex(&ahead);

	if (!token_is(mapt, "mapt") || !token_in(&op, ops) ||
	    !token_in(&part, parts))
		return;
	error_at(&mapt->span, "mapt is a statement of a rule, and no element of a set or map: let the element lead to a chain that has it, as in { 192.0.2.0/24 : goto CHAIN }");
}

/* Everything up to the end of the line or block that @lx is in. */
static void skip(struct lexer *lx)
{
	unsigned int depth = 0;

	for (;;) {
		struct token tok = lex_peek(lx);

		if (tok.type == TOK_EOF)
			return;
		if (!depth && (tok.type == TOK_SEP || token_is_char(&tok, '}')))
			return;
		if (token_is_char(&tok, '{'))
			depth++;
		else if (token_is_char(&tok, '}'))
			depth--;
		next(lx);
		refuse_stmt(lx, &tok);
	}
}

/*
 * Adds @tok, or what it stands for, to @tokens: those of a statement or, if
 * @def is not NULL, of a definition. @unknown is the variable without a value.
 */
static bool add_token(struct tokens *tokens, const struct token *tok,
		      struct define *def, struct token *unknown)
{
	const struct tokens *value;
	bool ok = true;
	size_t i;

	if (tok->type != TOK_VAR) {
		tokens_add(tokens, tok);
		return true;
	}
	if (def)
		define_refer(def, tok);
	value = def ? define_value(tok) : define_get(tok, USE_MAPT);
	if (!value) {
		tokens_add(tokens, tok);
		*unknown = *tok;
		return false;
	}
	for (i = 0; i < value->num; i++) {
		struct token copy = value->tok[i];

		if (copy.type == TOK_VAR && ok) {
			*unknown = copy;
			ok = false;
		}
		copy.span = tok->span;
		if (!i)
			copy.glued = tok->glued;
		tokens_add(tokens, &copy);
	}
	return ok;
}

static void report_unknown(const struct token *var)
{
	error_at(&var->span, "unknown identifier '%.*s'", (int)var->len,
		 var->text);
}

/*
 * Collects tokens up to the end of a statement; line ends inside braces are
 * none. Returns false where a variable is @unknown, the first one.
 */
static bool collect(struct lexer *lx, struct tokens *tokens, size_t *end,
		    struct define *def, struct token *unknown)
{
	unsigned int depth = 0;
	struct token other;
	bool ok = true;

	for (;;) {
		struct token tok = lex_peek(lx);

		if (tok.type == TOK_EOF)
			break;
		if (tok.type == TOK_SEP && (!depth || *tok.text == ';'))
			break;
		if (!depth && (token_is_char(&tok, '}') ||
			       (!def && token_is(&tok, "comment"))))
			break;
		lex(lx);
		if (tok.type == TOK_SEP)
			continue;
		if (token_is_char(&tok, '{'))
			depth++;
		else if (token_is_char(&tok, '}'))
			depth--;
		*end = tok.span.end;
		if (!add_token(tokens, &tok, def, ok ? unknown : &other))
			ok = false;
	}
	return ok;
}

static void scan_stmt(struct lexer *lx, const struct token *mapt)
{
	struct source *src = lx->src;
	struct tokens tokens = {};
	struct span end = mapt->span;
	struct buf data = {}, text = {};
	struct mapt_stmt stmt;
	struct token unknown;

	if (!collect(lx, &tokens, &end.end, NULL, &unknown)) {
		if (!define_is_reported(&unknown))
			report_unknown(&unknown);
	} else {
		end.start = end.end;
		end.end++;
		if (mapt_parse(&tokens, &mapt->span, &end, &stmt)) {
			mapt_encode(&stmt, &data);
			carrier_stmt(carrier_add(data.data, data.len), &text);
			source_edit(src, mapt->span.start, end.start,
				    text.data);
		}
	}
	tokens_free(&tokens);
	buf_free(&data);
	buf_free(&text);
}

/* Whether @tok, after @before, ends something, so that a statement can follow. */
static bool is_complete(const struct token *tok, const struct token *before)
{
	static const char * const statements[] = {
		"counter", "log", "notrack", "accept", "drop", "continue",
		"return", "reject", "queue", "masquerade", "redirect", NULL
	};
	static const char * const with_value[] = {
		"iifname", "oifname", "iif", "oif", "iiftype", "oiftype",
		"iifgroup", "oifgroup", "mark", "nfproto", "l4proto",
		"protocol", "nexthdr", "saddr", "daddr", "sport", "dport",
		"state", "status", "direction", "zone", "pkttype", "priority",
		"skuid", "skgid", "cgroup", "level", "type", "code", NULL
	};

	if (tok->type == TOK_STRING || tok->type == TOK_VAR ||
	    token_is_char(tok, '}') || token_is_char(tok, ')'))
		return true;
	if (tok->type != TOK_WORD)
		return false;
	return token_in(tok, statements) || token_in(before, with_value) ||
	       (*tok->text >= '0' && *tok->text <= '9') ||
	       memchr(tok->text, ':', tok->len) ||
	       (before->type == TOK_CHAR && strchr(",=<>", *before->text));
}

/*
 * Whether @tok, after @before and @prev in a rule, begins a mapt statement. It
 * can be a name as well: an operation must follow or, if it is a mistaken one,
 * be in a place where nft expects no name.
 */
static bool is_stmt(const struct lexer *lx, const struct token *tok,
		    const struct token *prev, const struct token *before)
{
	static const char * const before_name[] = {
		"jump", "goto", "name", "comment", "prefix", "helper", "set",
		"timeout", "expectation", "device", NULL
	};
	struct token next = lex_peek(lx);

	if (!token_is(tok, "mapt"))
		return false;
	if (!prev->text)
		return true;
	if (token_in(prev, before_name) || token_is_char(prev, '@'))
		return false;
	return token_in(&next, ops) || token_in(&next, parts) ||
	       (is_complete(prev, before) && !token_in(before, before_name) &&
		!token_is_char(before, '@'));
}

/* The statements of a rule; @tok is the first token. */
static void scan_rule(struct lexer *lx, struct token tok)
{
	struct token prev = {}, before = {};
	unsigned int depth = 0;

	for (;;) {
		bool jumps = token_is(&prev, "jump") || token_is(&prev, "goto");

		if (depth == 0 && is_stmt(lx, &tok, &prev, &before)) {
			scan_stmt(lx, &tok);
			skip(lx);
			return;
		}
		refuse_stmt(lx, &tok);
		if (token_is_char(&tok, '{') && jumps && !depth)
			scan_block(lx, BLOCK_CHAIN);
		else if (token_is_char(&tok, '{'))
			depth++;
		else if (token_is_char(&tok, '}') && depth)
			depth--;

		before = prev;
		prev = tok;
		tok = lex_peek(lx);
		if (tok.type == TOK_EOF ||
		    (!depth && (tok.type == TOK_SEP ||
				token_is_char(&tok, '}'))))
			return;
		next(lx);
	}
}

/* A line of a chain: a rule, or a property of the chain. */
static void scan_chain_line(struct lexer *lx, const struct token *tok)
{
	static const char * const properties[] = {
		"type", "policy", "flags", "devices", "device", "comment", NULL
	};

	if (token_in(tok, properties))
		skip(lx);
	else
		scan_rule(lx, *tok);
}

static void scan_braces(struct lexer *lx, enum block block)
{
	struct token tok = lex_peek(lx);

	if (token_is_char(&tok, '{')) {
		lex(lx);
		scan_block(lx, block);
	}
	skip(lx);
}

/* The name of a table, or with two @names of something in one. */
static bool scan_names(struct lexer *lx, struct token tok, unsigned int names)
{
	static const char * const families[] = {
		"ip", "ip6", "inet", "arp", "bridge", "netdev", NULL
	};

	if (token_in(&tok, families))
		tok = lex(lx);
	while (names-- && (tok.type == TOK_WORD || tok.type == TOK_STRING)) {
		if (!names)
			return true;
		tok = lex_peek(lx);
		if (tok.type == TOK_WORD || tok.type == TOK_STRING)
			lex(lx);
	}
	return false;
}

static void scan_rule_command(struct lexer *lx, const struct token *name)
{
	static const char * const positions[] = {
		"handle", "position", "index", NULL
	};
	struct token tok;

	if (!scan_names(lx, *name, 2))
		return;
	tok = lex_peek(lx);
	while (token_in(&tok, positions)) {
		lex(lx);
		tok = lex_peek(lx);
		if (tok.type == TOK_WORD || tok.type == TOK_VAR)
			next(lx);
		tok = lex_peek(lx);
	}
	if (tok.type == TOK_SEP || tok.type == TOK_EOF ||
	    token_is_char(&tok, '}'))
		return;
	next(lx);
	scan_rule(lx, tok);
}

static void scan_command(struct lexer *lx, struct token tok)
{
	static const char * const adding[] = {
		"add", "create", "insert", "replace", NULL
	};
	static const char * const others[] = {
		"delete", "destroy", "get", "list", "reset", "flush", "rename",
		"import", "export", "describe",
		"set", "map", "element", "flowtable", "counter", "quota", "ct",
		"limit", "secmark", "synproxy", "meter", "tunnel", NULL
	};

	if (token_is(&tok, "monitor"))
		front->monitors = true;
	if (token_in(&tok, adding))
		tok = lex(lx);
	if (token_is(&tok, "table")) {
		if (scan_names(lx, lex(lx), 1))
			scan_braces(lx, BLOCK_TABLE);
	} else if (token_is(&tok, "chain")) {
		if (scan_names(lx, lex(lx), 2))
			scan_braces(lx, BLOCK_CHAIN);
	} else if (token_is(&tok, "rule")) {
		tok = lex(lx);
		scan_rule_command(lx, &tok);
	} else if (tok.type == TOK_WORD && !token_in(&tok, others) &&
		   !token_is(&tok, "monitor")) {
		scan_rule_command(lx, &tok);
	}
	if (tok.type != TOK_SEP)
		skip(lx);
}

/* A mapping rule, a list of them, or an address with its ports. */
static bool is_rule(const struct tokens *value)
{
	size_t i;

	for (i = 1; i < value->num; i++) {
		if (token_is(&value->tok[i], "ea-len") ||
		    token_is(&value->tok[i], "psid"))
			return true;
	}
	return false;
}

static void scan_define(struct lexer *lx, const struct token *keyword)
{
	struct token name = lex_peek(lx), tok;
	struct tokens value = {};
	struct span span = keyword->span;
	struct token unknown;
	struct define *def;
	bool hidden, ok;

	if (name.type != TOK_WORD)
		return;
	lex(lx);
	tok = lex_peek(lx);
	if (!token_is_char(&tok, '='))
		return;
	lex(lx);
	span.end = tok.span.end;
	def = define_new(&name, token_is(keyword, "redefine"));
	ok = collect(lx, &value, &span.end, def, &unknown);
	hidden = is_rule(&value);
	/* of others libnftables will say it */
	if (!ok && hidden && !define_is_reported(&unknown))
		report_unknown(&unknown);
	define_set(def, &value, &span, hidden);
}

struct include {
	struct span	span;
	enum block	block;
};

static void scan_included(const char *path, void *data)
{
	const struct include *include = data;
	struct source *src = source_read(path, path);
	struct lexer lx = { .src = src };

	if (!src)
		return;
	src->included = include->span;
	scan_block(&lx, include->block);
}

static void scan_include(struct lexer *lx, const struct token *keyword,
			 enum block block)
{
	struct token name = lex_peek(lx);
	struct include include = { .span = keyword->span, .block = block };
	char *pattern;

	if (name.type != TOK_STRING || front->include_depth == INCLUDE_MAX)
		return;
	lex(lx);
	include.span.end = name.span.end;
	pattern = xstrndup(name.text, name.len);
	front->include_depth++;
	include_each(pattern, scan_included, &include);
	front->include_depth--;
	free(pattern);
}

/* What can be anywhere in a block. */
static bool scan_common(struct lexer *lx, const struct token *tok,
			enum block block)
{
	struct token name;

	if (token_is(tok, "define") || token_is(tok, "redefine")) {
		scan_define(lx, tok);
	} else if (token_is(tok, "undefine")) {
		struct span span = tok->span;

		name = lex(lx);
		span.end = name.span.end;
		define_unset(&name, &span);
	} else if (token_is(tok, "include")) {
		scan_include(lx, tok, block);
	} else {
		return false;
	}
	skip(lx);
	return true;
}

/* Up to the closing brace, which is read too, or the end of the source. */
static void scan_lines(struct lexer *lx, enum block block)
{
	for (;;) {
		struct token tok = next(lx);

		if (tok.type == TOK_EOF)
			return;
		if (token_is_char(&tok, '}')) {
			if (block != BLOCK_TOP)
				return;
			continue;
		}
		if (tok.type == TOK_SEP || scan_common(lx, &tok, block))
			continue;
		if (block == BLOCK_TOP) {
			scan_command(lx, tok);
		} else if (block == BLOCK_CHAIN) {
			scan_chain_line(lx, &tok);
		} else if (token_is(&tok, "chain")) {
			lex(lx);
			scan_braces(lx, BLOCK_CHAIN);
		} else {
			skip(lx);
		}
	}
}

static void scan_block(struct lexer *lx, enum block block)
{
	if (front->nesting == NESTING_MAX)
		return;
	front->nesting++;
	if (block != BLOCK_TOP)
		define_scope_open();
	scan_lines(lx, block);
	if (block != BLOCK_TOP)
		define_scope_close();
	front->nesting--;
}

/* Fills @src's output. Returns false after reporting errors. */
bool scan_text(struct source *src)
{
	unsigned int before = error_count();
	struct lexer lx = { .src = src };

	front->nesting = 0;
	front->include_depth = 0;
	scan_block(&lx, BLOCK_TOP);
	defines_hide();
	for (src = front->sources; src; src = src->next)
		source_finish(src);
	return error_count() == before;
}
