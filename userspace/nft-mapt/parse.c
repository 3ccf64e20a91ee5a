// SPDX-License-Identifier: GPL-2.0
/* The grammar of a statement: from tokens to struct mapt_stmt. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

/* A prefix without a length, which is all of the address then. */
struct bare {
	const struct span	*span;
	unsigned int		len;
};

/* The place of each part that was given; @src is NULL where it was not. */
struct parser {
	const struct tokens	*tokens;
	size_t			pos;
	struct span		head;
	struct span		end;
	struct mapt_stmt	*stmt;
	struct span		part[PART_MAX];
	struct span		bmr[RULE_PART_MAX];
	struct span		fmr[NFT_MAPT_FMR_MAX][RULE_PART_MAX];
	struct bare		bare[2 + 2 * (NFT_MAPT_FMR_MAX + 1)];
	unsigned int		num_bare;
};

static const struct token *peek(const struct parser *p)
{
	return p->pos < p->tokens->num ? &p->tokens->tok[p->pos] : NULL;
}

static bool accept_word(struct parser *p, const char *word)
{
	const struct token *tok = peek(p);

	if (!tok || !token_is(tok, word))
		return false;
	p->pos++;
	return true;
}

static bool accept_char(struct parser *p, char c)
{
	const struct token *tok = peek(p);

	if (!tok || !token_is_char(tok, c))
		return false;
	p->pos++;
	return true;
}

static bool expected(const struct parser *p, const char *what)
{
	const struct token *tok = peek(p);

	if (!tok)
		error_at(&p->end, "unexpected end of statement, expected %s",
			 what);
	else
		error_at(&tok->span, "unexpected '%.*s', expected %s",
			 (int)tok->len, tok->text, what);
	return false;
}

/* Whether @tok goes on with the value that @text is the beginning of. */
static bool continues(const struct buf *text, const struct token *tok)
{
	unsigned int number;

	if (!tok || tok->type != TOK_WORD)
		return false;
	if (tok->glued)
		return true;
	if (text->data[text->len - 1] == '/')
		return mapt_parse_number(tok->text, tok->len, &number);
	return *tok->text == '/' && !strchr(text->data, '/');
}

/*
 * A value: a word, or several that a variable or blanks around a slash have
 * split, put together in @text.
 */
static bool value(struct parser *p, const char *what, struct buf *text,
		  struct span *span)
{
	const struct token *tok = peek(p);

	if (!tok || (tok->type != TOK_WORD && tok->type != TOK_STRING))
		return expected(p, what);

	*span = tok->span;
	do {
		buf_add(text, tok->text, tok->len);
		if (tok->span.src == span->src && tok->span.end > span->end)
			span->end = tok->span.end;
		p->pos++;
		tok = peek(p);
	} while (text->len && continues(text, tok));
	return true;
}

static void note_bare(struct parser *p, const char *text,
		      const struct span *span, unsigned int len)
{
	if (!strchr(text, '/'))
		p->bare[p->num_bare++] = (struct bare) {
			.span	= span,
			.len	= len,
		};
}

static bool parse_prefix6(struct parser *p, const char *what,
			  struct mapt_prefix6 *prefix, struct span *span)
{
	struct buf text = {};
	bool ok = false;

	if (value(p, what, &text, span)) {
		ok = mapt_parse_prefix6(text.data, text.len, prefix);
		note_bare(p, text.data, span, prefix->len);
		if (!ok)
			error_at(span, "'%s' is not an IPv6 prefix, expected %s as ADDRESS/LENGTH",
				 text.data, what);
	}
	buf_free(&text);
	return ok;
}

static bool parse_prefix4(struct parser *p, const char *what,
			  struct mapt_prefix4 *prefix, struct span *span)
{
	struct buf text = {};
	bool ok = false;

	if (value(p, what, &text, span)) {
		ok = mapt_parse_prefix4(text.data, text.len, prefix);
		note_bare(p, text.data, span, prefix->len);
		if (!ok)
			error_at(span, "'%s' is not an IPv4 prefix, expected %s as ADDRESS/LENGTH",
				 text.data, what);
	}
	buf_free(&text);
	return ok;
}

static bool parse_number(struct parser *p, const char *what,
			 unsigned int *number, struct span *span)
{
	struct buf text = {};
	bool ok = false;

	if (value(p, what, &text, span)) {
		ok = mapt_parse_number(text.data, text.len, number);
		if (!ok)
			error_at(span, "'%s' is not a number, expected %s",
				 text.data, what);
	}
	buf_free(&text);
	return ok;
}

static bool parse_psid(struct parser *p, struct mapt_rule *rule,
		       struct span *span)
{
	static const char what[] = "a PSID as VALUE/LENGTH";
	struct buf text = {};
	const char *slash;
	bool ok = false;

	if (value(p, what, &text, span)) {
		slash = strchr(text.data, '/');
		ok = slash &&
		     mapt_parse_number(text.data, slash - text.data,
				       &rule->psid) &&
		     mapt_parse_number(slash + 1, strlen(slash + 1),
				       &rule->psid_len);
		if (!ok)
			error_at(span, "'%s' is not a PSID, expected %s",
				 text.data, what);
	}
	buf_free(&text);
	rule->has_psid = true;
	return ok;
}

static bool given_twice(const struct token *tok, const struct span *first)
{
	if (!first->src)
		return false;
	error_at(&tok->span, "'%.*s' is given twice", (int)tok->len, tok->text);
	return true;
}

/* What a rule has of ports; @found is false where something else comes. */
static bool parse_ports(struct parser *p, struct mapt_rule *rule,
			struct span *span, bool *found)
{
	const struct token *tok = peek(p);

	*found = true;
	if (accept_word(p, "psid-offset"))
		return !given_twice(tok, &span[RULE_PSID_OFFSET]) &&
		       parse_number(p, "the PSID offset", &rule->psid_offset,
				    &span[RULE_PSID_OFFSET]);
	if (accept_word(p, "psid"))
		return !given_twice(tok, &span[RULE_PSID]) &&
		       parse_psid(p, rule, &span[RULE_PSID]);
	*found = false;
	return true;
}

static bool parse_rule(struct parser *p, struct mapt_rule *rule,
		       struct span *span)
{
	const struct token *tok;
	bool ok = true, found = true;

	memset(rule, 0, sizeof(*rule));
	rule->psid_offset = MAPT_PSID_OFFSET;
	if (!parse_prefix6(p, "the rule's IPv6 prefix", &rule->prefix6,
			   &span[RULE_PREFIX6]) ||
	    !parse_prefix4(p, "the rule's IPv4 prefix", &rule->prefix4,
			   &span[RULE_PREFIX4]))
		return false;
	span[RULE_ALL] = span[RULE_PREFIX6];
	if (span[RULE_PREFIX4].src == span[RULE_ALL].src)
		span[RULE_ALL].end = span[RULE_PREFIX4].end;

	while (ok && found && (tok = peek(p))) {
		if (accept_word(p, "ea-len"))
			ok = !given_twice(tok, &span[RULE_EA_LEN]) &&
			     parse_number(p, "the number of EA bits",
					  &rule->ea_len, &span[RULE_EA_LEN]);
		else
			ok = parse_ports(p, rule, span, &found);
	}
	if (ok && !span[RULE_EA_LEN].src)
		return expected(p, "ea-len");
	return ok;
}

static bool parse_fmr(struct parser *p)
{
	struct mapt_stmt *stmt = p->stmt;
	const struct token *tok = peek(p);

	if (tok && stmt->num_fmrs == NFT_MAPT_FMR_MAX) {
		error_at(&tok->span, "%s", mapt_too_many_fmrs);
		return false;
	}
	if (!parse_rule(p, &stmt->fmr[stmt->num_fmrs], p->fmr[stmt->num_fmrs]))
		return false;
	stmt->num_fmrs++;
	return true;
}

/* A variable in a list can be a list itself, so lists nest. */
static bool parse_rules(struct parser *p)
{
	if (!accept_char(p, '{'))
		return parse_fmr(p);

	do {
		if (accept_char(p, '}'))
			return true;
		if (!parse_rules(p))
			return false;
	} while (accept_char(p, ','));
	return accept_char(p, '}') || expected(p, "',' or '}'");
}

static bool parse_fmrs(struct parser *p)
{
	const struct token *tok = peek(p);

	if (!parse_rules(p))
		return false;
	if (p->stmt->num_fmrs)
		return true;
	error_at(&tok->span, "empty list, expected a mapping rule");
	return false;
}

static bool parse_addr4(struct parser *p, uint32_t *addr, struct span *span)
{
	struct buf text = {};
	bool ok = false;

	if (value(p, "an IPv4 address", &text, span)) {
		ok = mapt_parse_addr4(text.data, addr);
		if (!ok)
			error_at(span, "'%s' is not an IPv4 address",
				 text.data);
	}
	buf_free(&text);
	return ok;
}

/* A number, or "copy". */
static bool parse_byte(struct parser *p, int64_t *byte, struct span *span)
{
	unsigned int number;

	if (accept_word(p, "copy")) {
		*span = p->tokens->tok[p->pos - 1].span;
		*byte = MAPT_DEFAULT;
		return true;
	}
	if (!parse_number(p, "copy or 0 to 255", &number, span))
		return false;
	*byte = number;
	return true;
}

static bool parse_choice(struct parser *p, const struct mapt_option *option,
			 int64_t *choice, struct span *span)
{
	const struct token *tok = peek(p);
	char what[64];

	for (*choice = 0; *choice < 2; ++*choice) {
		if (!accept_word(p, option->words[*choice]))
			continue;
		*span = tok->span;
		return true;
	}
	snprintf(what, sizeof(what), "%s or %s", option->words[0],
		 option->words[1]);
	return expected(p, what);
}

static bool parse_port_range(struct parser *p, uint32_t *ports,
			     struct span *span)
{
	static const char what[] = "a port or FIRST-LAST, 0 to 65535";
	struct buf text = {};
	bool ok = false;

	if (value(p, what, &text, span)) {
		ok = mapt_parse_ports(text.data, text.len, ports);
		if (!ok)
			error_at(span, "'%s' is no port, expected %s",
				 text.data, what);
	}
	buf_free(&text);
	return ok;
}

static bool parse_device(struct parser *p, struct span *span)
{
	static const char what[] = "the name of a device";
	struct buf text = {};
	bool ok = false;

	if (value(p, what, &text, span)) {
		ok = mapt_stmt_set_dev(p->stmt, text.data, text.len);
		if (!ok)
			error_at(span, "'%s' cannot be %s", text.data, what);
	}
	buf_free(&text);
	return ok;
}

/* A flowtable, as elsewhere in nft: @NAME */
static bool parse_name(struct parser *p, struct span *span)
{
	static const char what[] = "a flowtable as @NAME";
	const struct token *at = peek(p), *tok;

	if (!accept_char(p, '@'))
		return expected(p, what);
	tok = peek(p);
	if (!tok || tok->type != TOK_WORD || !tok->glued)
		return expected(p, what);
	*span = at->span;
	if (tok->span.src == span->src)
		span->end = tok->span.end;
	if (!mapt_stmt_set_flowtable(p->stmt, tok->text, tok->len)) {
		error_at(span, "'@%.*s' is not the name of a flowtable",
			 (int)tok->len, tok->text);
		return false;
	}
	p->pos++;
	return true;
}

static bool parse_option(struct parser *p, const struct mapt_option *option,
			 struct span *span)
{
	uint32_t number = 0;
	char what[64];
	int64_t value = MAPT_DEFAULT;
	bool ok;

	switch (option->type) {
	case OPTION_FLAG:
		value = 1;
		ok = true;
		break;
	case OPTION_CHOICE:
		ok = parse_choice(p, option, &value, span);
		break;
	case OPTION_BYTE:
		ok = parse_byte(p, &value, span);
		break;
	case OPTION_NUMBER:
		snprintf(what, sizeof(what), "%u to %u", option->min,
			 option->max);
		ok = parse_number(p, what, &number, span);
		value = number;
		break;
	case OPTION_PORTS:
		ok = parse_port_range(p, &number, span);
		value = number;
		break;
	case OPTION_NAME:
		return parse_name(p, span);
	case OPTION_DEVICE:
		return parse_device(p, span);
	default:
		ok = parse_addr4(p, &number, span);
		value = number;
	}
	if (ok)
		mapt_stmt_set_option(p->stmt, option->part, value);
	return ok;
}

/* napt without a BMR: the address and the ports themselves. */
static bool parse_to(struct parser *p)
{
	struct mapt_rule *rule = &p->stmt->bmr;
	bool found;

	mapt_rule_init_to(rule);
	if (!parse_addr4(p, &rule->prefix4.addr, &p->bmr[RULE_PREFIX4]))
		return false;
	do {
		if (!parse_ports(p, rule, p->bmr, &found))
			return false;
	} while (found);
	return p->bmr[RULE_PSID].src || expected(p, "psid");
}

static enum mapt_form form(const struct parser *p)
{
	if (p->part[PART_TO].src)
		return FORM_TO;
	return p->part[PART_BMR].src || p->part[PART_END_USER].src ? FORM_BMR :
								      FORM_ANY;
}

/* Whether @part goes with what has been given: not a BMR and to. */
static bool goes_with(const struct parser *p, enum mapt_part part)
{
	if (part == PART_TO)
		return form(p) != FORM_BMR;
	if (part == PART_BMR || part == PART_END_USER)
		return form(p) != FORM_TO;
	return true;
}

/* Reports @fmt and what the statement should look like. */
static bool __attribute__((format(printf, 4, 5)))
not_as_in_synopsis(const struct parser *p, const struct span *span,
		   enum mapt_form form, const char *fmt, ...)
{
	struct buf text = {};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_adds(&text, ": ");
	mapt_synopsis(p->stmt->op, form, &text);
	error_at(span, "%s", text.data);
	buf_free(&text);
	return false;
}

static bool parse_part(struct parser *p, enum mapt_part part)
{
	const struct token *keyword = &p->tokens->tok[p->pos - 1];
	struct mapt_stmt *stmt = p->stmt;
	struct span *span = &p->part[part];

	if (!mapt_part_allowed(stmt->op, part))
		return not_as_in_synopsis(p, &keyword->span, form(p),
					  "'%s' has no place in mapt %s",
					  mapt_part_name(part),
					  mapt_op_name[stmt->op]);
	if (!goes_with(p, part))
		return not_as_in_synopsis(p, &keyword->span, FORM_ANY,
					  "'%s' has no place beside '%s'",
					  mapt_part_name(part),
					  mapt_part_name(part != PART_TO ?
							 PART_TO :
							 p->part[PART_BMR].src ?
							 PART_BMR :
							 PART_END_USER));
	if (given_twice(keyword, span))
		return false;
	*span = keyword->span;

	switch (part) {
	case PART_BMR:
		return parse_rule(p, &stmt->bmr, p->bmr);
	case PART_END_USER:
		return parse_prefix6(p, "the end-user IPv6 prefix",
				     &stmt->end_user, span);
	case PART_TO:
		return parse_to(p);
	case PART_DMR:
		return parse_prefix6(p, "the DMR prefix", &stmt->dmr, span);
	case PART_FMR:
		return parse_fmrs(p);
	default:
		return parse_option(p, mapt_option(part), span);
	}
}

/* Whether @tok begins a statement of nft's. */
static bool begins_stmt(const struct token *tok)
{
	static const char * const words[] = {
		"accept", "add", "continue", "counter", "ct", "delete", "drop",
		"dup", "flow", "fwd", "goto", "ip", "ip6", "jump", "limit", "log",
		"mapt", "masquerade", "meta", "meter", "notrack", "queue", "quota",
		"redirect", "reject", "return", "set", "snat", "synproxy",
		"tcp", "tproxy", "udp", "update",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (token_is(tok, words[i]))
			return true;
	}
	return false;
}

/* Names what can still follow. */
static bool unexpected_part(const struct parser *p)
{
	const struct token *tok = peek(p);
	struct buf list = {};
	int part;

	if (begins_stmt(tok)) {
		error_at(&tok->span, "'%.*s' after mapt %s has no effect: mapt is the last statement of a rule",
			 (int)tok->len, tok->text, mapt_op_name[p->stmt->op]);
		return false;
	}

	for (part = PART_OP + 1; part < PART_MAX; part++) {
		if (mapt_part_allowed(p->stmt->op, part) &&
		    goes_with(p, part) && !p->part[part].src)
			buf_printf(&list, "%s, ", mapt_part_name(part));
	}
	buf_adds(&list, "comment or the end of the rule");
	expected(p, list.data);
	buf_free(&list);
	return false;
}

static bool parse_parts(struct parser *p)
{
	int part;

	while (peek(p)) {
		for (part = PART_OP + 1; part < PART_MAX; part++) {
			if (accept_word(p, mapt_part_name(part)))
				break;
		}
		if (part == PART_MAX)
			return unexpected_part(p);
		if (!parse_part(p, part))
			return false;
	}

	for (part = PART_OP + 1; part < PART_MAX; part++) {
		if (mapt_part_needed(p->stmt->op, part) &&
		    goes_with(p, part) && !p->part[part].src)
			return not_as_in_synopsis(p, &p->head, form(p),
				"'%s'%s is missing", mapt_part_name(part),
				mapt_part_allowed(p->stmt->op, PART_TO) &&
				form(p) == FORM_ANY ? " or 'to'" : "");
	}
	return true;
}

static bool parse_op(struct parser *p)
{
	const struct token *tok = peek(p);
	int op;

	for (op = 0; op <= NFT_MAPT_OP_MAX; op++) {
		if (!accept_word(p, mapt_op_name[op]))
			continue;
		if (tok->span.src == p->head.src)
			p->head.end = tok->span.end;
		mapt_stmt_init(p->stmt, op);
		return true;
	}
	return expected(p, "napt, ce or br");
}

/* Where the user wrote what @fault is about, or the nearest thing. */
static const struct span *fault_span(const struct parser *p,
				     const struct mapt_fault *fault)
{
	const struct span *rule;

	if (fault->rule == MAPT_NO_RULE)
		return p->part[fault->part].src ? &p->part[fault->part] :
						  &p->head;
	rule = fault->rule == MAPT_BMR ? p->bmr : p->fmr[fault->rule];
	if (rule[fault->rule_part].src)
		return &rule[fault->rule_part];
	return rule[RULE_EA_LEN].src ? &rule[RULE_EA_LEN] : &rule[RULE_PSID];
}

/*
 * The prefix without a length that @fault may come from, NULL if there is none
 * in the part or rule. What is wrong with an end-user prefix can be the BMR's.
 */
static const struct bare *find_bare(const struct parser *p,
				    const struct mapt_fault *fault)
{
	const struct span *rule = fault->rule >= 0 ? p->fmr[fault->rule] :
						     p->bmr;
	unsigned int i;

	for (i = 0; i < p->num_bare; i++) {
		const struct span *span = p->bare[i].span;
		bool in_rule = span >= rule && span < rule + RULE_PART_MAX;

		if (span == &p->part[fault->part] ||
		    (in_rule && (fault->rule != MAPT_NO_RULE ||
				 fault->part == PART_END_USER)))
			return &p->bare[i];
	}
	return NULL;
}

static void report_fault(const struct parser *p, const struct mapt_fault *fault)
{
	const struct bare *bare = find_bare(p, fault);
	const struct span *span;

	if (!bare) {
		error_at(fault_span(p, fault), "%s", fault->msg);
		return;
	}
	span = bare->span;
	error_at(span, "'%.*s' has no prefix length and is taken as /%u: %s",
		 (int)(span->end - span->start), span->src->text + span->start,
		 bare->len, fault->msg);
}

/*
 * Reads @tokens, which come after the word mapt at @head and before @end, and
 * checks what they say. Reports the first error.
 */
bool mapt_parse(const struct tokens *tokens, const struct span *head,
		const struct span *end, struct mapt_stmt *stmt)
{
	struct parser *p = xcalloc(1, sizeof(*p));
	struct mapt_fault fault;
	bool ok;

	p->tokens = tokens;
	p->head = *head;
	p->end = *end;
	p->stmt = stmt;
	ok = parse_op(p) && parse_parts(p);
	if (ok && !mapt_stmt_check(stmt, &fault)) {
		report_fault(p, &fault);
		ok = false;
	}
	free(p);
	return ok;
}
