// SPDX-License-Identifier: GPL-2.0
/* Jool's MAP-T: jool_mapt's commands, and its JSON. */
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "tool.h"

/* One command: its instance, and the words behind jool_mapt's own options. */
struct command_words {
	struct import	*import;
	unsigned int	line;
	const char	*instance;
	char		**word;
	unsigned int	num;
};

static bool is(const char *word, const char *name)
{
	size_t len = strlen(word);

	/* jool_mapt takes what a name begins with, too */
	return len && !strncmp(word, name, len);
}

/* P6 P4 N [A], from the word with this index on. */
static bool read_rule(struct command_words *cmd, unsigned int from,
		      struct s46_rule *rule)
{
	struct import *import = cmd->import;
	unsigned int offset;

	if (cmd->num < from + 3 || cmd->num > from + 4)
		return wrong(import, cmd->line,
			     "a mapping rule is PREFIX6 PREFIX4 EA-LENGTH [A]");
	if (!set_prefix6(import, cmd->line, cmd->word[from], &rule->prefix6) ||
	    !set_prefix4(import, cmd->line, cmd->word[from + 1],
			 &rule->prefix4) ||
	    !set_number(import, cmd->line, "number of EA bits",
			cmd->word[from + 2], 48, &rule->ea_len))
		return false;
	if (cmd->num == from + 3)
		return true;
	if (!set_number(import, cmd->line, "PSID offset", cmd->word[from + 3],
			15, &offset))
		return false;
	rule->ports.given = true;
	rule->ports.offset = offset;
	return true;
}

/* A BMR that is put together from options; it comes first. */
static struct s46_rule *bmr(struct import *import)
{
	struct s46_rule *rule;

	if (import->bmr_known)
		return import->s46.rules;
	rule = add_rule(import);
	memmove(import->s46.rules + 1, import->s46.rules,
		(import->s46.num_rules - 1) * sizeof(*rule));
	memset(import->s46.rules, 0, sizeof(*rule));
	import->bmr_known = true;
	return import->s46.rules;
}

static bool read_type(struct command_words *cmd, const char *type)
{
	if (!strcmp(type, "BR"))
		cmd->import->br = true;
	else if (strcmp(type, "CE"))
		return wrong(cmd->import, cmd->line,
			     "'%s' is neither CE nor BR", type);
	return true;
}

/* An option of the instance, "--name value" or "global update name value". */
static bool read_option(struct command_words *cmd, const char *name,
			unsigned int value)
{
	struct import *import = cmd->import;
	const char *text = value < cmd->num ? cmd->word[value] : "";
	unsigned int *offset;

	if (!strcmp(name, "end-user-ipv6-prefix"))
		return set_end_user(import, cmd->line, text);
	if (!strcmp(name, "dmr"))
		return set_dmr(import, cmd->line, text);
	if (!strcmp(name, "bmr"))
		return read_rule(cmd, value, bmr(import));
	if (!strcmp(name, "map-t-type"))
		return read_type(cmd, text);
	if (!strcmp(name, "bmr.ipv6-prefix") || !strcmp(name, "bmr.prefix6"))
		return set_prefix6(import, cmd->line, text,
				   &bmr(import)->prefix6);
	if (!strcmp(name, "bmr.ipv4-prefix") || !strcmp(name, "bmr.prefix4"))
		return set_prefix4(import, cmd->line, text,
				   &bmr(import)->prefix4);
	if (!strcmp(name, "bmr.ea-bits-length"))
		return set_number(import, cmd->line, "number of EA bits", text,
				  48, &bmr(import)->ea_len);
	if (!strcmp(name, "a")) {
		offset = &bmr(import)->ports.offset;
		bmr(import)->ports.given = true;
		return set_number(import, cmd->line, "PSID offset", text, 15,
				  offset);
	}
	return true;	/* what has no counterpart: k and m follow, and others */
}

static bool read_instance(struct command_words *cmd)
{
	unsigned int i;

	for (i = 2; i < cmd->num; i++) {
		if (strncmp(cmd->word[i], "--", 2))
			continue;
		if (!read_option(cmd, cmd->word[i] + 2, i + 1))
			return false;
	}
	return true;
}

static bool read_fmr(struct command_words *cmd)
{
	struct s46_rule rule = { .fmr = true }, *known;
	unsigned int i;

	if (!read_rule(cmd, 2, &rule))
		return false;
	for (i = 0; i < cmd->import->s46.num_rules; i++) {
		known = &cmd->import->s46.rules[i];
		if (known->prefix6.len == rule.prefix6.len &&
		    mapt_prefix6_covers(&known->prefix6, &rule.prefix6.addr)) {
			known->fmr = true;
			return true;
		}
	}
	*add_rule(cmd->import) = rule;
	return true;
}

static bool read_command(struct command_words *cmd)
{
	if (cmd->num < 2)
		return true;
	if (is(cmd->word[0], "instance") && is(cmd->word[1], "add"))
		return read_instance(cmd);
	if (is(cmd->word[0], "global") && is(cmd->word[1], "update"))
		return cmd->num < 4 ||
		       read_option(cmd, cmd->word[2], 3);
	if (is(cmd->word[0], "fmrt") && is(cmd->word[1], "add"))
		return read_fmr(cmd);
	return true;
}

/* Cuts off what is in front, and -i NAME; false if it is another program's. */
static bool find_command(struct words *words, struct command_words *cmd)
{
	const char *word;
	unsigned int i;

	cmd->instance = "default";
	for (i = 0; i < words->num; i++) {
		word = words->word[i];
		if (strlen(word) >= 9 &&
		    !strcmp(word + strlen(word) - 9, "jool_mapt"))
			break;
	}
	if (++i >= words->num)
		return false;
	if (i + 1 < words->num && (!strcmp(words->word[i], "-i") ||
				   !strcmp(words->word[i], "--instance"))) {
		cmd->instance = words->word[i + 1];
		i += 2;
	}
	cmd->word = words->word + i;
	cmd->num = words->num - i;
	if (cmd->num > 2 && is(cmd->word[0], "instance") &&
	    *cmd->word[2] != '-')
		cmd->instance = cmd->word[2];
	return true;
}

/* All instances that are named; of several, one must be chosen. */
static bool choose(struct import *import, const char *text, char **chosen)
{
	struct command_words cmd = { .import = import };
	struct buf names = {};
	struct words words;
	unsigned int num = 0;
	bool wanted = false;

	words_start(&words, text);
	while (words_line(&words)) {
		if (!find_command(&words, &cmd) || cmd.num < 2 ||
		    !is(cmd.word[0], "instance") || !is(cmd.word[1], "add"))
			continue;
		buf_printf(&names, "%s\"%s\"", num++ ? ", " : "",
			   cmd.instance);
		wanted = wanted || (import->instance &&
				    !strcmp(import->instance, cmd.instance));
		free(*chosen);
		*chosen = xstrdup(cmd.instance);
	}
	words_end(&words);
	if (import->instance && num && !wanted)
		wrong(import, 0, "no instance \"%s\", but %s", import->instance,
		      names.data);
	else if (!import->instance && num > 1)
		wrong(import, 0, "%u instances, %s: choose by --instance NAME",
		      num, names.data);
	else
		wanted = true;
	buf_free(&names);
	return wanted;
}

/**
 * import_jool - read commands of jool_mapt
 * @import: result
 * @text: a script; what else is in it doesn't count
 *
 * Return: false after saying what is wrong.
 */
bool import_jool(struct import *import, const char *text)
{
	struct command_words cmd = { .import = import };
	char *chosen = NULL;
	struct words words;
	bool ok;

	ok = choose(import, text, &chosen);
	words_start(&words, text);
	while (ok && words_line(&words)) {
		if (!find_command(&words, &cmd))
			continue;
		cmd.line = words.line;
		if (import->instance || chosen)
			if (strcmp(cmd.instance, import->instance ?
				   import->instance : chosen))
				continue;
		ok = read_command(&cmd);
	}
	words_end(&words);
	free(chosen);
	if (ok && !import->bmr_known && !import->num_end_users)
		import->br = true;
	return ok;
}

/* --- JSON --------------------------------------------------------------- */

/* The value of the first of these keys, which versions spell differently. */
static json_t *get(json_t *obj, const char * const *keys)
{
	json_t *value = NULL;

	for (; *keys && !value; keys++)
		value = json_object_get(obj, *keys);
	return value;
}

static bool json_number(const struct import *import, const char *what,
			json_t *value, unsigned int max, unsigned int *number)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > (json_int_t)max)
		return wrong(import, 0, "the %s is not a number from 0 to %u",
			     what, max);
	*number = json_integer_value(value);
	return true;
}

static bool json_prefix(const struct import *import, json_t *value, bool six,
			void *prefix)
{
	const char *text = json_string_value(value);

	return six ? set_prefix6(import, 0, text ? text : "", prefix) :
		     set_prefix4(import, 0, text ? text : "", prefix);
}

/* An object, or text as on the command line. */
static bool json_rule(struct import *import, json_t *obj,
		      struct s46_rule *rule)
{
	static const char * const six[] = {
		"ipv6 prefix", "ipv6-prefix", "prefix6", "ipv6", NULL
	};
	static const char * const four[] = {
		"ipv4 prefix", "ipv4-prefix", "prefix4", "ipv4", NULL
	};
	static const char * const bits[] = {
		"ea-bits length", "ea-bits-length", "ea bits length",
		"ea-len", NULL
	};
	static const char * const a[] = { "a", "psid-offset", NULL };
	struct command_words cmd = { .import = import };
	struct words words;
	bool ok;

	if (json_is_string(obj)) {
		words_start(&words, json_string_value(obj));
		words_line(&words);
		cmd.word = words.word;
		cmd.num = words.num;
		ok = read_rule(&cmd, 0, rule);
		words_end(&words);
		return ok;
	}
	if (!json_prefix(import, get(obj, six), true, &rule->prefix6) ||
	    !json_prefix(import, get(obj, four), false, &rule->prefix4) ||
	    !json_number(import, "number of EA bits", get(obj, bits), 48,
			 &rule->ea_len))
		return false;
	if (!get(obj, a))
		return true;
	rule->ports.given = true;
	return json_number(import, "PSID offset", get(obj, a), 15,
			   &rule->ports.offset);
}

static bool json_global(struct import *import, json_t *global)
{
	const char *text;

	text = json_string_value(json_object_get(global,
						 "end-user-ipv6-prefix"));
	if (text && !set_end_user(import, 0, text))
		return false;
	text = json_string_value(json_object_get(global, "dmr"));
	if (!text)
		text = json_string_value(json_object_get(global, "pool6"));
	if (text && !set_dmr(import, 0, text))
		return false;
	text = json_string_value(json_object_get(global, "map-t-type"));
	import->br = text && !strcmp(text, "BR");
	if (!json_object_get(global, "bmr"))
		return true;
	return json_rule(import, json_object_get(global, "bmr"), bmr(import));
}

/**
 * import_jool_json - read a configuration file of Jool
 * @import: result
 * @text: what is in it
 *
 * Return: false after saying what is wrong.
 */
bool import_jool_json(struct import *import, const struct buf *text)
{
	struct s46_rule rule;
	json_error_t error;
	json_t *root, *one;
	bool ok;
	size_t i;

	root = json_loadb(text->data, text->len, 0, &error);
	if (!root)
		return wrong(import, error.line, "%s", error.text);
	ok = json_global(import, json_object_get(root, "global"));
	json_array_foreach(json_object_get(root, "fmrt"), i, one) {
		memset(&rule, 0, sizeof(rule));
		ok = ok && json_rule(import, one, &rule);
		if (!ok)
			break;
		rule.fmr = true;
		*add_rule(import) = rule;
	}
	json_decref(root);
	if (ok && !import->bmr_known && !import->num_end_users)
		import->br = true;
	return ok;
}
