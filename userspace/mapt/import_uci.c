// SPDX-License-Identifier: GPL-2.0
/*
 * OpenWrt: an interface of protocol map in /etc/config/network, or as "uci
 * show" prints it, with the rule in options or in odhcp6c's form.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "tool.h"

enum key {
	KEY_PROTO,
	KEY_MAPTYPE,
	KEY_TYPE,
	KEY_PEERADDR,
	KEY_IPADDR,
	KEY_IP4PREFIXLEN,
	KEY_IP6PREFIX,
	KEY_IP6PREFIXLEN,
	KEY_EALEN,
	KEY_PSIDLEN,
	KEY_PSID,
	KEY_OFFSET,
	KEY_TUNLINK,
	KEY_LEGACYMAP,
	KEY_RULE,
	KEY_MAX
};

static const char * const key_name[KEY_MAX] = {
	"proto", "maptype", "type", "peeraddr", "ipaddr", "ip4prefixlen",
	"ip6prefix", "ip6prefixlen", "ealen", "psidlen", "psid", "offset",
	"tunlink", "legacymap", "rule",
};

/* A section, by its name. */
struct section {
	char		*name;
	unsigned int	line;
	char		*value[KEY_MAX];
	struct section	*next;
};

static struct section *find_section(struct section **list, const char *name,
				    size_t len, unsigned int line)
{
	for (; *list; list = &(*list)->next) {
		if (strlen((*list)->name) == len &&
		    !memcmp((*list)->name, name, len))
			return *list;
	}
	*list = xcalloc(1, sizeof(**list));
	(*list)->name = xstrndup(name, len);
	(*list)->line = line;
	return *list;
}

static void sections_free(struct section *list)
{
	struct section *next;
	int key;

	for (; list; list = next) {
		next = list->next;
		for (key = 0; key < KEY_MAX; key++)
			free(list->value[key]);
		free(list->name);
		free(list);
	}
}

/* Values of a list are told apart by blanks. */
static void set_value(struct section *section, const char *name, size_t len,
		      const char *value)
{
	struct buf text = {};
	int key;

	for (key = 0; key < KEY_MAX; key++) {
		if (strlen(key_name[key]) != len ||
		    memcmp(key_name[key], name, len))
			continue;
		if (section->value[key] && key == KEY_RULE)
			buf_printf(&text, "%s ", section->value[key]);
		buf_adds(&text, value);
		free(section->value[key]);
		section->value[key] = text.data;
	}
}

/* network.wan.proto='map' */
static void read_shown(struct section **list, const struct words *words)
{
	const char *word = words->word[0], *first, *second, *equal;

	first = strchr(word, '.');
	second = first ? strchr(first + 1, '.') : NULL;
	equal = second ? strchr(second, '=') : NULL;
	if (!equal)
		return;
	set_value(find_section(list, first + 1, second - first - 1,
			       words->line),
		  second + 1, equal - second - 1, equal + 1);
}

static void read_sections(const char *text, struct section **list)
{
	struct section *section = NULL;
	struct words words;
	char number[16];

	words_start(&words, text);
	while (words_line(&words)) {
		if (!strcmp(words.word[0], "config")) {
			snprintf(number, sizeof(number), "@%u", words.line);
			section = find_section(list, words.num > 2 ?
					       words.word[2] : number,
					       strlen(words.num > 2 ?
						      words.word[2] : number),
					       words.line);
		} else if (words.num == 3 && section &&
			   (!strcmp(words.word[0], "option") ||
			    !strcmp(words.word[0], "list"))) {
			set_value(section, words.word[1],
				  strlen(words.word[1]), words.word[2]);
		} else {
			read_shown(list, &words);
		}
	}
	words_end(&words);
}

static bool number(const struct import *import, const struct section *section,
		   enum key key, unsigned int max, unsigned int *value)
{
	const char *text = section->value[key];

	return !text || set_number(import, section->line, key_name[key], text,
				   max, value);
}

/* An address and its length, from two options. */
static bool prefix_text(const struct import *import,
			const struct section *section, enum key addr,
			enum key len, struct buf *text)
{
	if (!section->value[addr])
		return wrong(import, section->line, "%s is missing",
			     key_name[addr]);
	buf_adds(text, section->value[addr]);
	if (section->value[len] && !strchr(text->data, '/'))
		buf_printf(text, "/%s", section->value[len]);
	return true;
}

static bool read_ports(const struct import *import,
		       const struct section *section, struct s46_rule *rule)
{
	struct s46_ports *ports = &rule->ports;
	unsigned int embedded = rule->ea_len + rule->prefix4.len;

	ports->offset = MAPT_PSID_OFFSET;
	ports->given = section->value[KEY_OFFSET] || section->value[KEY_PSID];
	if (!number(import, section, KEY_OFFSET, 15, &ports->offset) ||
	    !number(import, section, KEY_PSIDLEN, 16, &ports->psid_len) ||
	    !number(import, section, KEY_PSID, 65535, &ports->psid))
		return false;
	/* a length that says what follows anyway, and no PSID */
	if (!section->value[KEY_PSID] ||
	    (embedded > 32 && ports->psid_len == embedded - 32))
		ports->psid_len = 0;
	return true;
}

/* For MAP-T the peer is the default mapping rule, else the border relay. */
static bool set_peer(struct import *import, unsigned int line, const char *text)
{
	struct in6_addr addr;

	if (import->s46.kind == S46_MAPT)
		return set_dmr(import, line, text);
	if (inet_pton(AF_INET6, text, &addr) != 1)
		return wrong(import, line, "'%s' is not an IPv6 address", text);
	import->s46.brs = xrealloc(import->s46.brs,
				   (import->s46.num_brs + 1) * sizeof(addr));
	import->s46.brs[import->s46.num_brs++] = addr;
	return true;
}

static bool set_kind(struct import *import, unsigned int line, const char *type)
{
	if (!strcmp(type, "map-t"))
		import->s46.kind = S46_MAPT;
	else if (!strcmp(type, "map-e"))
		import->s46.kind = S46_MAPE;
	else if (!strcmp(type, "lw4o6") || !strcmp(type, "lw6o4"))
		import->s46.kind = S46_LW;
	else
		return wrong(import, line, "type '%s' is not map-t, map-e or lw4o6",
			     type);
	return true;
}

/* type=map-t,ealen=16,prefix4len=24,...,fmr as odhcp6c has it */
static bool read_odhcp6c(struct import *import, unsigned int line, char *text)
{
	static const struct {
		const char	*name;
		enum key	key;
	} names[] = {
		{ "type", KEY_TYPE }, { "ealen", KEY_EALEN },
		{ "prefix4len", KEY_IP4PREFIXLEN },
		{ "prefix6len", KEY_IP6PREFIXLEN },
		{ "ipv4prefix", KEY_IPADDR }, { "ipv6prefix", KEY_IP6PREFIX },
		{ "psid", KEY_PSID }, { "psidlen", KEY_PSIDLEN },
		{ "offset", KEY_OFFSET }, { "dmr", KEY_PEERADDR },
		{ "br", KEY_PEERADDR },
	};
	struct section section = { .line = line };
	struct buf six = {}, four = {};
	struct s46_rule rule = {};
	char *field, *value, *save;
	bool ok;
	size_t i;

	for (field = strtok_r(text, ",", &save); field;
	     field = strtok_r(NULL, ",", &save)) {
		value = strchr(field, '=');
		if (!strcmp(field, "fmr"))
			rule.fmr = true;
		if (!value)
			continue;
		*value++ = '\0';
		for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
			if (!strcmp(names[i].name, field))
				section.value[names[i].key] = value;
		}
	}
	ok = (!section.value[KEY_TYPE] ||
	      set_kind(import, line, section.value[KEY_TYPE])) &&
	     prefix_text(import, &section, KEY_IP6PREFIX, KEY_IP6PREFIXLEN,
			 &six) &&
	     prefix_text(import, &section, KEY_IPADDR, KEY_IP4PREFIXLEN,
			 &four) &&
	     set_prefix6(import, line, six.data, &rule.prefix6) &&
	     set_prefix4(import, line, four.data, &rule.prefix4) &&
	     number(import, &section, KEY_EALEN, 48, &rule.ea_len) &&
	     read_ports(import, &section, &rule) &&
	     (!section.value[KEY_PEERADDR] || import->s46.has_dmr ||
	      set_peer(import, line, section.value[KEY_PEERADDR]));
	if (ok)
		*add_rule(import) = rule;
	buf_free(&six);
	buf_free(&four);
	return ok;
}

static bool read_rules(struct import *import, const struct section *section)
{
	char *text = xstrdup(section->value[KEY_RULE]), *one, *save;
	bool ok = true;

	for (one = strtok_r(text, " \t\n", &save); one && ok;
	     one = strtok_r(NULL, " \t\n", &save))
		ok = read_odhcp6c(import, section->line, one);
	free(text);
	return ok;
}

static bool read_bind(struct import *import, const struct section *section,
		      const struct s46_rule *rule)
{
	struct s46_bind *bind = &import->s46.bind;

	bind->given = true;
	bind->addr4 = rule->prefix4.addr;
	bind->prefix6 = rule->prefix6;
	bind->ports = rule->ports;
	if (bind->ports.given)
		return true;
	return number(import, section, KEY_PSIDLEN, 16, &bind->ports.psid_len);
}

static bool read_options(struct import *import, const struct section *section)
{
	struct buf six = {}, four = {};
	struct s46_rule rule = {};
	bool ok;

	ok = prefix_text(import, section, KEY_IP6PREFIX, KEY_IP6PREFIXLEN,
			 &six) &&
	     prefix_text(import, section, KEY_IPADDR, KEY_IP4PREFIXLEN,
			 &four) &&
	     set_prefix6(import, section->line, six.data, &rule.prefix6) &&
	     set_prefix4(import, section->line, four.data, &rule.prefix4) &&
	     number(import, section, KEY_EALEN, 48, &rule.ea_len) &&
	     read_ports(import, section, &rule);
	buf_free(&six);
	buf_free(&four);
	if (!ok)
		return false;
	if (import->s46.kind == S46_LW)
		return read_bind(import, section, &rule);
	*add_rule(import) = rule;
	return true;
}

static bool read_section(struct import *import, const struct section *section)
{
	const char *type = section->value[KEY_MAPTYPE] ?
			   section->value[KEY_MAPTYPE] :
			   section->value[KEY_TYPE] ?
			   section->value[KEY_TYPE] : "map-e";

	if (section->value[KEY_LEGACYMAP] &&
	    strcmp(section->value[KEY_LEGACYMAP], "0"))
		return wrong(import, section->line,
			     "legacymap: addresses of an old draft, which are not those of RFC 7597");
	if (section->value[KEY_TUNLINK])
		import->device = xstrdup(section->value[KEY_TUNLINK]);
	if (!set_kind(import, section->line, type))
		return false;
	if (section->value[KEY_PEERADDR] &&
	    !set_peer(import, section->line, section->value[KEY_PEERADDR]))
		return false;
	return section->value[KEY_RULE] ? read_rules(import, section) :
					  read_options(import, section);
}

/**
 * import_uci - read an interface of OpenWrt
 * @import: result
 * @text: /etc/config/network, or what "uci show network" prints
 *
 * Return: false after saying what is wrong.
 */
bool import_uci(struct import *import, const char *text)
{
	struct section *list = NULL, *section, *chosen = NULL;
	struct buf names = {};
	unsigned int num = 0;
	bool ok = false;

	read_sections(text, &list);
	for (section = list; section; section = section->next) {
		if (!section->value[KEY_PROTO] ||
		    strcmp(section->value[KEY_PROTO], "map"))
			continue;
		buf_printf(&names, "%s%s", num++ ? ", " : "", section->name);
		if (!import->instance ||
		    !strcmp(import->instance, section->name))
			chosen = section;
	}
	if (!num)
		wrong(import, 0, "no interface with option proto 'map'");
	else if (!chosen)
		wrong(import, 0, "no interface %s with option proto 'map', but %s",
		      import->instance, names.data);
	else if (num > 1 && !import->instance)
		wrong(import, 0, "several interfaces with option proto 'map', %s: choose by --instance NAME",
		      names.data);
	else
		ok = read_section(import, chosen);
	buf_free(&names);
	sections_free(list);
	return ok;
}
