// SPDX-License-Identifier: GPL-2.0
/*
 * The JSON form of a statement: what is in {"mapt": ...}, in the manner of
 * libnftables-json(5).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "mapt.h"

static json_t *prefix_json(int family, const void *addr, unsigned int len)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, addr, text, sizeof(text));
	return json_pack("{s:{s:s, s:i}}", "prefix", "addr", text, "len",
			 (int)len);
}

static json_t *prefix6_json(const struct mapt_prefix6 *prefix)
{
	return prefix_json(AF_INET6, &prefix->addr, prefix->len);
}

static json_t *addr4_json(uint32_t addr)
{
	struct buf text = {};
	json_t *obj;

	mapt_print_addr4(addr, &text);
	obj = json_string(text.data);
	buf_free(&text);
	return obj;
}

static json_t *psid_json(const struct mapt_rule *rule)
{
	return json_pack("{s:i, s:i}", "value", (int)rule->psid,
			 "len", (int)rule->psid_len);
}

static json_t *rule_json(const struct mapt_rule *rule)
{
	struct in_addr addr = { .s_addr = htonl(rule->prefix4.addr) };
	json_t *obj;

	obj = json_pack("{s:o, s:o, s:i}",
			"ipv6", prefix6_json(&rule->prefix6),
			"ipv4", prefix_json(AF_INET, &addr, rule->prefix4.len),
			"ea-len", (int)rule->ea_len);
	if (rule->psid_offset != MAPT_PSID_OFFSET)
		json_object_set_new(obj, "psid-offset",
				    json_integer(rule->psid_offset));
	if (rule->has_psid)
		json_object_set_new(obj, "psid", psid_json(rule));
	return obj;
}

static json_t *to_json(const struct mapt_rule *rule)
{
	json_t *obj = json_pack("{s:o, s:o}",
				"addr", addr4_json(rule->prefix4.addr),
				"psid", psid_json(rule));

	if (rule->psid_offset != MAPT_PSID_OFFSET)
		json_object_set_new(obj, "psid-offset",
				    json_integer(rule->psid_offset));
	return obj;
}

/* As nft has ranges: {"range": [FIRST, LAST]}, or a port alone. */
static json_t *ports_json(uint32_t ports)
{
	int first = ports >> 16, last = ports & 0xffff;

	if (first == last)
		return json_integer(first);
	return json_pack("{s:[i, i]}", "range", first, last);
}

static json_t *option_json(const struct mapt_stmt *stmt,
			   const struct mapt_option *option)
{
	int64_t value = mapt_stmt_option(stmt, option->part);

	switch (option->type) {
	case OPTION_FLAG:
		return json_true();
	case OPTION_CHOICE:
		return json_string(option->words[value]);
	case OPTION_ADDR4:
		return addr4_json(value);
	case OPTION_PORTS:
		return ports_json(value);
	case OPTION_NAME:
		return json_sprintf("@%s", stmt->flowtable);
	case OPTION_DEVICE:
		return json_string(stmt->dev);
	default:
		return json_integer(value);
	}
}

static void add_options(json_t *obj, const struct mapt_stmt *stmt)
{
	int part;

	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		if (mapt_stmt_option(stmt, part) != MAPT_DEFAULT)
			json_object_set_new(obj, mapt_part_name(part),
					    option_json(stmt,
							mapt_option(part)));
	}
}

/* Returns {"mapt": ...} with defaults left out; the caller owns it. */
json_t *mapt_to_json(const struct mapt_stmt *stmt)
{
	json_t *obj = json_object(), *fmrs;
	unsigned int i;

	json_object_set_new(obj, "op", json_string(mapt_op_name[stmt->op]));
	if (mapt_stmt_is_to(stmt)) {
		json_object_set_new(obj, "to", to_json(&stmt->bmr));
	} else if (mapt_part_allowed(stmt->op, PART_BMR)) {
		json_object_set_new(obj, "bmr", rule_json(&stmt->bmr));
		json_object_set_new(obj, "end-user",
				    prefix6_json(&stmt->end_user));
	}
	if (mapt_part_allowed(stmt->op, PART_DMR))
		json_object_set_new(obj, "dmr", prefix6_json(&stmt->dmr));
	if (stmt->num_fmrs) {
		fmrs = json_array();
		for (i = 0; i < stmt->num_fmrs; i++)
			json_array_append_new(fmrs, rule_json(&stmt->fmr[i]));
		json_object_set_new(obj, "fmr", fmrs);
	}
	add_options(obj, stmt);
	return json_pack("{s:o}", "mapt", obj);
}

/* Where the reader is, as in fmr[3].ea-len, and what is wrong there. */
struct reader {
	char			*path;
	size_t			size;
	struct mapt_fault	*fault;
};

static size_t enter(struct reader *r, const char *name)
{
	size_t len = strlen(r->path);

	snprintf(r->path + len, r->size - len, "%s%s", len ? "." : "", name);
	return len;
}

static size_t enter_index(struct reader *r, size_t index)
{
	size_t len = strlen(r->path);

	snprintf(r->path + len, r->size - len, "[%zu]", index);
	return len;
}

static void leave(struct reader *r, size_t len)
{
	r->path[len] = '\0';
}

static bool __attribute__((format(printf, 2, 3)))
fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->fault->msg, sizeof(r->fault->msg), fmt, ap);
	va_end(ap);
	return false;
}

/* All keys of @obj must be among @names. */
static bool check_keys(struct reader *r, json_t *obj, const char * const *names,
		       size_t num)
{
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_object(obj))
		return fail(r, "expected an object");
	json_object_foreach(obj, key, value) {
		for (i = 0; i < num; i++) {
			if (names[i] && !strcmp(names[i], key))
				break;
		}
		if (i < num)
			continue;
		enter(r, key);
		return fail(r, "unknown key");
	}
	return true;
}

static bool read_number(struct reader *r, json_t *obj, const char *key,
			unsigned int *number)
{
	json_t *value = json_object_get(obj, key);
	size_t path = enter(r, key);

	if (!value)
		return fail(r, "missing");
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > INT32_MAX)
		return fail(r, "expected a number");
	*number = json_integer_value(value);
	leave(r, path);
	return true;
}

/* {"prefix": {"addr": ADDRESS, "len": LENGTH}}, or an address alone */
static bool read_prefix_text(struct reader *r, json_t *value, struct buf *text)
{
	static const char * const keys[] = { "prefix" };
	static const char * const prefix_keys[] = { "addr", "len" };
	unsigned int len;
	json_t *addr;

	if (json_is_string(value)) {
		buf_adds(text, json_string_value(value));
		return true;
	}
	if (!json_is_object(value))
		return fail(r, "expected a prefix object");
	if (!check_keys(r, value, keys, 1))
		return false;
	value = json_object_get(value, "prefix");
	enter(r, "prefix");
	if (!value)
		return fail(r, "missing");
	if (!check_keys(r, value, prefix_keys, 2))
		return false;
	addr = json_object_get(value, "addr");
	if (!json_is_string(addr)) {
		enter(r, "addr");
		return fail(r, addr ? "expected a string" : "missing");
	}
	if (!read_number(r, value, "len", &len))
		return false;
	buf_printf(text, "%s/%u", json_string_value(addr), len);
	return true;
}

/* @prefix is a struct mapt_prefix6 or, where @family is 4, a struct mapt_prefix4. */
static bool read_prefix(struct reader *r, json_t *obj, const char *key,
			int family, void *prefix)
{
	json_t *value = json_object_get(obj, key);
	size_t path = enter(r, key);
	struct buf text = {};
	bool ok;

	if (!value)
		return fail(r, "missing");
	ok = read_prefix_text(r, value, &text);
	if (ok && !(family == 6 ? mapt_parse_prefix6(text.data, text.len, prefix) :
				  mapt_parse_prefix4(text.data, text.len, prefix)))
		ok = fail(r, "'%s' is not an IPv%d prefix", text.data, family);
	if (ok)
		leave(r, path);
	buf_free(&text);
	return ok;
}

static bool read_addr4(struct reader *r, json_t *obj, const char *key,
		       uint32_t *addr)
{
	json_t *value = json_object_get(obj, key);
	size_t path = enter(r, key);

	if (!value)
		return fail(r, "missing");
	if (!json_is_string(value) ||
	    !mapt_parse_addr4(json_string_value(value), addr))
		return fail(r, "expected an IPv4 address");
	leave(r, path);
	return true;
}

/* What a rule has of ports; both can be left out. */
static bool read_ports(struct reader *r, json_t *obj, struct mapt_rule *rule)
{
	static const char * const psid_keys[] = { "value", "len" };
	json_t *psid;
	size_t path;

	if (json_object_get(obj, "psid-offset") &&
	    !read_number(r, obj, "psid-offset", &rule->psid_offset))
		return false;
	psid = json_object_get(obj, "psid");
	if (!psid)
		return true;

	path = enter(r, "psid");
	rule->has_psid = true;
	if (!check_keys(r, psid, psid_keys, 2) ||
	    !read_number(r, psid, "value", &rule->psid) ||
	    !read_number(r, psid, "len", &rule->psid_len))
		return false;
	leave(r, path);
	return true;
}

static bool read_rule(struct reader *r, json_t *obj, struct mapt_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->psid_offset = MAPT_PSID_OFFSET;
	if (!check_keys(r, obj, mapt_rule_part_name, RULE_PART_MAX) ||
	    !read_prefix(r, obj, "ipv6", 6, &rule->prefix6) ||
	    !read_prefix(r, obj, "ipv4", 4, &rule->prefix4) ||
	    !read_number(r, obj, "ea-len", &rule->ea_len))
		return false;
	return read_ports(r, obj, rule);
}

static bool read_bmr(struct reader *r, json_t *value, struct mapt_stmt *stmt)
{
	size_t path = enter(r, "bmr");

	if (!read_rule(r, value, &stmt->bmr))
		return false;
	leave(r, path);
	return true;
}

static bool read_to(struct reader *r, json_t *value, struct mapt_stmt *stmt)
{
	static const char * const keys[] = { "addr", "psid", "psid-offset" };
	size_t path = enter(r, "to");

	mapt_rule_init_to(&stmt->bmr);
	if (!check_keys(r, value, keys, 3) ||
	    !read_addr4(r, value, "addr", &stmt->bmr.prefix4.addr))
		return false;
	if (!json_object_get(value, "psid")) {
		enter(r, "psid");
		return fail(r, "missing");
	}
	if (!read_ports(r, value, &stmt->bmr))
		return false;
	leave(r, path);
	return true;
}

/* A list, or one rule. */
static bool read_fmrs(struct reader *r, json_t *value, struct mapt_stmt *stmt)
{
	size_t path = enter(r, "fmr"), index, elem;
	json_t *rule;

	if (json_is_object(value)) {
		stmt->num_fmrs = 1;
		if (!read_rule(r, value, &stmt->fmr[0]))
			return false;
		leave(r, path);
		return true;
	}
	if (!json_array_size(value))
		return fail(r, "expected a list of mapping rules");
	if (json_array_size(value) > NFT_MAPT_FMR_MAX)
		return fail(r, "%s", mapt_too_many_fmrs);
	json_array_foreach(value, index, rule) {
		elem = enter_index(r, index);
		if (!read_rule(r, rule, &stmt->fmr[index]))
			return false;
		leave(r, elem);
	}
	stmt->num_fmrs = json_array_size(value);
	leave(r, path);
	return true;
}

static bool read_byte(struct reader *r, json_t *obj, const char *key,
		      int64_t *byte)
{
	json_t *value = json_object_get(obj, key);
	unsigned int number;

	if (json_is_string(value) && !strcmp(json_string_value(value), "copy")) {
		*byte = MAPT_DEFAULT;
		return true;
	}
	if (!read_number(r, obj, key, &number))
		return false;
	*byte = number;
	return true;
}

static bool read_choice(struct reader *r, json_t *value,
			const struct mapt_option *option, int64_t *choice)
{
	const char *text = json_string_value(value);
	unsigned int i;

	for (i = 0; text && i < 2; i++) {
		if (strcmp(text, option->words[i]))
			continue;
		*choice = i;
		return true;
	}
	enter(r, option->name);
	return fail(r, "expected \"%s\" or \"%s\"", option->words[0],
		    option->words[1]);
}

static bool read_flag(struct reader *r, json_t *value, const char *key,
		      int64_t *flag)
{
	if (!json_is_boolean(value)) {
		enter(r, key);
		return fail(r, "expected true or false");
	}
	*flag = json_is_true(value);
	return true;
}

static bool read_port_range(struct reader *r, json_t *value, const char *key,
			    uint32_t *ports)
{
	json_int_t first, last;

	if (json_is_integer(value))
		first = last = json_integer_value(value);
	else if (json_unpack(value, "{s:[I, I!]!}", "range", &first, &last))
		first = last = -1;
	if (first < 0 || last < 0 || first > UINT16_MAX || last > UINT16_MAX) {
		enter(r, key);
		return fail(r, "expected a port, or {\"range\": [FIRST, LAST]}");
	}
	*ports = first << 16 | last;
	return true;
}

static bool read_device(struct reader *r, json_t *value, const char *key,
			struct mapt_stmt *stmt)
{
	const char *text = json_string_value(value);

	if (text && mapt_stmt_set_dev(stmt, text, strlen(text)))
		return true;
	enter(r, key);
	return fail(r, "expected the name of a device");
}

static bool read_name(struct reader *r, json_t *value, const char *key,
		      struct mapt_stmt *stmt)
{
	const char *text = json_string_value(value);

	if (text && *text == '@' &&
	    mapt_stmt_set_flowtable(stmt, text + 1, strlen(text) - 1))
		return true;
	enter(r, key);
	return fail(r, "expected the name of a flowtable, as \"@f\"");
}

static bool read_value(struct reader *r, json_t *obj,
		       const struct mapt_option *option, int64_t *result)
{
	json_t *value = json_object_get(obj, option->name);
	uint32_t number = 0;
	bool ok;

	switch (option->type) {
	case OPTION_FLAG:
		return read_flag(r, value, option->name, result);
	case OPTION_CHOICE:
		return read_choice(r, value, option, result);
	case OPTION_BYTE:
		return read_byte(r, obj, option->name, result);
	case OPTION_NUMBER:
		ok = read_number(r, obj, option->name, &number);
		break;
	case OPTION_PORTS:
		ok = read_port_range(r, value, option->name, &number);
		break;
	default:
		ok = read_addr4(r, obj, option->name, &number);
	}
	*result = number;
	return ok;
}

static bool read_part(struct reader *r, json_t *obj, enum mapt_part part,
		      struct mapt_stmt *stmt)
{
	const char *key = mapt_part_name(part);
	json_t *json = json_object_get(obj, key);
	int64_t value = MAPT_DEFAULT;

	switch (part) {
	case PART_BMR:
		return read_bmr(r, json, stmt);
	case PART_END_USER:
		return read_prefix(r, obj, key, 6, &stmt->end_user);
	case PART_TO:
		return read_to(r, json, stmt);
	case PART_DMR:
		return read_prefix(r, obj, key, 6, &stmt->dmr);
	case PART_FMR:
		return read_fmrs(r, json, stmt);
	default:
		if (mapt_option(part)->type == OPTION_NAME)
			return read_name(r, json, key, stmt);
		if (mapt_option(part)->type == OPTION_DEVICE)
			return read_device(r, json, key, stmt);
		if (!read_value(r, obj, mapt_option(part), &value))
			return false;
		mapt_stmt_set_option(stmt, part, value);
		return true;
	}
}

static bool read_op(struct reader *r, json_t *obj, struct mapt_stmt *stmt)
{
	const char *name = json_string_value(json_object_get(obj, "op"));
	int op;

	for (op = 0; name && op <= NFT_MAPT_OP_MAX; op++) {
		if (!strcmp(name, mapt_op_name[op])) {
			mapt_stmt_init(stmt, op);
			return true;
		}
	}
	enter(r, "op");
	return fail(r, "expected \"napt\", \"ce\" or \"br\"");
}

/* Whether a part goes without saying, or must not be there, beside to. */
static bool is_instead(const struct mapt_stmt *stmt, json_t *obj,
		       enum mapt_part part)
{
	return (part == PART_BMR || part == PART_END_USER) &&
	       mapt_part_allowed(stmt->op, PART_TO) &&
	       json_object_get(obj, mapt_part_name(PART_TO));
}

static bool read_parts(struct reader *r, json_t *obj, struct mapt_stmt *stmt)
{
	int part;

	for (part = PART_OP + 1; part < PART_MAX; part++) {
		const char *key = mapt_part_name(part);

		if (!json_object_get(obj, key)) {
			if (!mapt_part_needed(stmt->op, part) ||
			    is_instead(stmt, obj, part))
				continue;
			enter(r, key);
			return fail(r, "missing: mapt %s needs it%s",
				    mapt_op_name[stmt->op],
				    part == PART_BMR &&
				    mapt_part_allowed(stmt->op, PART_TO) ?
				    " or to" : "");
		}
		if (!mapt_part_allowed(stmt->op, part)) {
			enter(r, key);
			return fail(r, "has no place in mapt %s",
				    mapt_op_name[stmt->op]);
		}
		if (is_instead(stmt, obj, part)) {
			enter(r, key);
			return fail(r, "has no place beside to");
		}
		if (!read_part(r, obj, part, stmt))
			return false;
	}
	return true;
}

static void enter_fault(struct reader *r, const struct mapt_fault *fault,
			bool to)
{
	if (to) {
		enter(r, mapt_part_name(PART_TO));
		enter(r, fault->rule_part == RULE_PREFIX4 ? "addr" :
			 mapt_rule_part_name[fault->rule_part]);
		return;
	}
	if (fault->rule == MAPT_NO_RULE) {
		enter(r, mapt_part_name(fault->part));
		return;
	}
	enter(r, mapt_part_name(fault->part));
	if (fault->rule != MAPT_BMR)
		enter_index(r, fault->rule);
	if (mapt_rule_part_name[fault->rule_part])
		enter(r, mapt_rule_part_name[fault->rule_part]);
}

/*
 * Reads @obj, what {"mapt": ...} holds, and checks it. If that fails, what is
 * wrong is in @fault's message and where is added to @path.
 */
bool mapt_from_json(json_t *obj, struct mapt_stmt *stmt, char *path,
		    size_t path_size, struct mapt_fault *fault)
{
	struct reader r = { .path = path, .size = path_size, .fault = fault };
	const char *keys[PART_MAX];
	int part;

	for (part = 0; part < PART_MAX; part++)
		keys[part] = mapt_part_name(part);
	if (!check_keys(&r, obj, keys, PART_MAX) ||
	    !read_op(&r, obj, stmt) || !read_parts(&r, obj, stmt))
		return false;
	if (mapt_stmt_check(stmt, fault))
		return true;
	enter_fault(&r, fault, json_object_get(obj, mapt_part_name(PART_TO)));
	return false;
}
