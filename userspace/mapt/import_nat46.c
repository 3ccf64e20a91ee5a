// SPDX-License-Identifier: GPL-2.0
/* nat46: lines of config and insert, as written to /proc/net/nat46/control. */
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "tool.h"

/* One side of a pair of rules. */
struct side {
	char			*style;
	bool			has_v4;
	bool			has_v6;
	struct s46_rule		rule;
};

static bool read_value(struct import *import, unsigned int line,
		       const char *key, char *value, struct side *side)
{
	struct s46_rule *rule = &side->rule;

	if (!strcmp(key, "style")) {
		side->style = value;
		return true;
	}
	if (!strcmp(key, "v4")) {
		side->has_v4 = true;
		return set_prefix4(import, line, value, &rule->prefix4);
	}
	if (!strcmp(key, "v6")) {
		side->has_v6 = true;
		return set_prefix6(import, line, value, &rule->prefix6);
	}
	if (!strcmp(key, "ea-len"))
		return set_number(import, line, "ea-len", value, 48,
				  &rule->ea_len);
	if (!strcmp(key, "psid-offset")) {
		rule->ports.given = true;
		return set_number(import, line, "psid-offset", value, 15,
				  &rule->ports.offset);
	}
	return true;
}

static bool known_rule(const struct import *import,
		       const struct s46_rule *rule)
{
	unsigned int i;

	for (i = 0; i < import->s46.num_rules; i++) {
		if (import->s46.rules[i].prefix6.len == rule->prefix6.len &&
		    mapt_prefix6_covers(&rule->prefix6,
					&import->s46.rules[i].prefix6.addr)) {
			import->s46.rules[i].fmr = import->s46.rules[i].fmr ||
						   rule->fmr;
			return true;
		}
	}
	return false;
}

/* A side of style MAP is a rule, one of style RFC6052 the default one. */
static bool take_side(struct import *import, unsigned int line,
		      struct side *side, bool remote)
{
	const char *style = side->style ? side->style : "NONE";

	if (!strcmp(style, "MAP0"))
		return wrong(import, line, "style MAP0: addresses of an old draft, which are not those of RFC 7597");
	if (!strcmp(style, "NONE"))
		return wrong(import, line, "style NONE of the %s side is no MAP",
			     remote ? "remote" : "local");
	if (!side->has_v6 || (!side->has_v4 && !strcmp(style, "MAP")))
		return wrong(import, line, "the %s side has no v4 or v6",
			     remote ? "remote" : "local");
	if (!strcmp(style, "RFC6052")) {
		if (!remote)
			import->br = true;
		import->s46.has_dmr = true;
		import->s46.dmr = side->rule.prefix6;
		return true;
	}
	if (strcmp(style, "MAP"))
		return wrong(import, line, "style '%s' is not MAP or RFC6052",
			     style);
	side->rule.fmr = remote;
	if (!known_rule(import, &side->rule))
		*add_rule(import) = side->rule;
	return true;
}

static bool read_line(struct import *import, const struct words *words,
		      unsigned int first)
{
	struct side local = {}, remote = {};
	const char *word;
	unsigned int i;
	bool ok = true;

	for (i = first; ok && i + 1 < words->num; i++) {
		word = words->word[i];
		if (!strncmp(word, "local.", 6))
			ok = read_value(import, words->line, word + 6,
					words->word[++i], &local);
		else if (!strncmp(word, "remote.", 7))
			ok = read_value(import, words->line, word + 7,
					words->word[++i], &remote);
	}
	return ok && take_side(import, words->line, &local, false) &&
	       take_side(import, words->line, &remote, true);
}

/**
 * import_nat46 - read nat46's configuration
 * @import: result
 * @text: commands, or the control file as it is read
 *
 * Return: false after saying what is wrong.
 */
bool import_nat46(struct import *import, const char *text)
{
	struct words words;
	bool ok = true, any = false;
	unsigned int i;

	words_start(&words, text);
	while (ok && words_line(&words)) {
		for (i = 0; i + 2 < words.num; i++) {
			if (!strcmp(words.word[i], "config") ||
			    !strcmp(words.word[i], "insert"))
				break;
		}
		if (i + 2 >= words.num)
			continue;
		if (import->instance &&
		    strcmp(import->instance, words.word[i + 1]))
			continue;
		any = true;
		ok = read_line(import, &words, i + 2);
	}
	words_end(&words);
	if (ok && !any)
		return wrong(import, 0, "no line of config or insert%s%s",
			     import->instance ? " for " : "",
			     import->instance ? import->instance : "");
	return ok;
}
