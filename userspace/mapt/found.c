// SPDX-License-Identifier: GPL-2.0
/* Statements in files, text or JSON, and in the kernel. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter.h>

#include "rules.h"
#include "tool.h"

struct found *found_add(struct found_list *list, const struct mapt_stmt *stmt)
{
	struct found *found;

	/* room for a power of two */
	if (!(list->num & (list->num - 1)))
		list->list = xrealloc(list->list,
				      (list->num ? list->num * 2 : 1) *
				      sizeof(*found));
	found = &list->list[list->num++];
	memset(found, 0, sizeof(*found));
	found->stmt = *stmt;
	return found;
}

void found_free(struct found_list *list)
{
	size_t i;

	for (i = 0; i < list->num; i++)
		free(list->list[i].where);
	free(list->list);
	free(list->jumps);
	memset(list, 0, sizeof(*list));
}

static const struct {
	unsigned int	family;
	const char	*name;
} families[] = {
	{ NFPROTO_IPV4, "ip" },
	{ NFPROTO_IPV6, "ip6" },
	{ NFPROTO_INET, "inet" },
	{ NFPROTO_ARP, "arp" },
	{ NFPROTO_BRIDGE, "bridge" },
	{ NFPROTO_NETDEV, "netdev" },
};

#define NUM_FAMILIES	(sizeof(families) / sizeof(*families))

const char *family_name(unsigned int family)
{
	size_t i;

	for (i = 0; i < NUM_FAMILIES; i++) {
		if (families[i].family == family)
			return families[i].name;
	}
	return "unknown";
}

static unsigned int family_from_name(const char *name)
{
	size_t i;

	for (i = 0; name && i < NUM_FAMILIES; i++) {
		if (!strcmp(families[i].name, name))
			return families[i].family;
	}
	return NFPROTO_UNSPEC;
}

static const char *json_text(json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

/* {"match": {"left": {"meta": {"key": "oifname"}}, "right": "wan"}} */
static void read_match(json_t *match, struct found *found)
{
	json_t *meta = json_object_get(json_object_get(match, "left"), "meta");
	const char *key = json_text(meta, "key");
	const char *device = json_text(match, "right");

	if (!*device || strcmp(json_text(match, "op"), "=="))
		return;
	if (strcmp(key, "iifname") && strcmp(key, "oifname"))
		return;
	snprintf(found->device, sizeof(found->device), "%s", device);
	found->device_in = *key == 'i';
}

static bool read_stmt(const char *name, json_t *rule, json_t *mapt,
		      struct found_list *list)
{
	struct buf where = {};
	struct mapt_fault fault;
	struct mapt_stmt stmt;
	struct found *found;
	char path[256] = "mapt";
	json_t *expr;
	size_t i;

	buf_printf(&where, "table %s %s chain %s", json_text(rule, "family"),
		   json_text(rule, "table"), json_text(rule, "chain"));
	if (!mapt_from_json(mapt, &stmt, path, sizeof(path), &fault)) {
		usage("%s: %s: %s: %s", name, where.data, path, fault.msg);
		buf_free(&where);
		return false;
	}
	found = found_add(list, &stmt);
	found->where = where.data;
	found->family = family_from_name(json_text(rule, "family"));
	snprintf(found->table, sizeof(found->table), "%s",
		 json_text(rule, "table"));
	snprintf(found->chain, sizeof(found->chain), "%s",
		 json_text(rule, "chain"));
	json_array_foreach(json_object_get(rule, "expr"), i, expr)
		read_match(json_object_get(expr, "match"), found);
	return true;
}

/* An object of nft's list, or a command that adds one. */
static bool read_object(const char *name, json_t *obj, struct found_list *list)
{
	static const char * const adding[] = { "add", "insert", "replace" };
	json_t *rule = json_object_get(obj, "rule"), *expr, *mapt;
	size_t i;

	for (i = 0; i < 3 && !rule; i++)
		rule = json_object_get(json_object_get(obj, adding[i]), "rule");
	json_array_foreach(json_object_get(rule, "expr"), i, expr) {
		mapt = json_object_get(expr, "mapt");
		if (mapt && !read_stmt(name, rule, mapt, list))
			return false;
	}
	return true;
}

/* The statements of a ruleset in JSON. */
bool found_json(const char *name, const struct buf *text,
		struct found_list *list)
{
	json_error_t error;
	json_t *root = json_loadb(text->data, text->len, 0, &error), *obj;
	bool ok = true;
	size_t i;

	if (!root) {
		usage("%s:%d:%d: %s", name, error.line, error.column,
		      error.text);
		return false;
	}
	json_array_foreach(json_object_get(root, "nftables"), i, obj) {
		ok = read_object(name, obj, list);
		if (!ok)
			break;
	}
	json_decref(root);
	return ok;
}

/**
 * found_read - the statements of a file
 * @path: a ruleset as nft reads it, or in JSON; "-" is standard input
 * @list: they are added here
 *
 * Return: false after saying what is wrong.
 */
bool found_read(const char *path, struct found_list *list)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	struct buf text = {};
	const char *c;
	bool ok;

	if (!read_file(path, &text))
		return false;
	for (c = text.data; isspace((unsigned char)*c); c++)
		;
	if (*c == '{')
		ok = found_json(name, &text, list);
	else
		ok = nftfile_scan(name, text.data, list);
	buf_free(&text);
	return ok;
}

/**
 * found_get - statements of a file or of the kernel
 * @path: the file, NULL for the kernel
 * @list: result
 *
 * Return: an exit status, after saying why there is nothing.
 */
int found_get(const char *path, struct found_list *list)
{
	int rc = STATUS_OK;

	if (!path)
		rc = loaded_rules(list);
	else if (!found_read(path, list))
		rc = STATUS_USAGE;
	if (rc || list->num)
		return rc;
	return path ? usage("%s: no mapt statement in it", path) :
		      failed("no mapt statement is loaded (or give --ruleset FILE)");
}
