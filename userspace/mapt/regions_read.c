// SPDX-License-Identifier: GPL-2.0
/* Mapping rules from CSV or JSON. Both become the statement's own JSON. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "regions.h"
#include "tool.h"

#define COLUMNS_MAX	16
#define SEPARATORS	",;\t"

static bool is_name(const char *name)
{
	return is_table_name(name) && strlen(name) < REGION_NAME;
}

/* @obj is a rule of JSON, with name and dmr beside it; takes it over. */
static bool add_object(struct regions *regions, const char *file,
		       unsigned int line, json_t *obj,
		       const struct mapt_prefix6 *dmr)
{
	json_t *own = json_incref(json_object_get(obj, "dmr"));
	json_t *name = json_incref(json_object_get(obj, "name"));
	struct region_rule *rule;
	struct mapt_fault fault = {};
	struct mapt_stmt stmt;
	struct buf text = {};
	char path[256] = "";
	json_t *root;
	bool ok;

	json_object_del(obj, "dmr");
	json_object_del(obj, "name");
	mapt_print_prefix6(dmr, &text);
	root = json_pack("{s:s, s:[o], s:o}", "op", "br", "fmr", obj, "dmr",
			 own ? own : json_string(text.data));
	buf_free(&text);
	ok = root && mapt_from_json(root, &stmt, path, sizeof(path), &fault);
	if (!ok)
		usage("%s:%u: %s: %s", file, line,
		      !strncmp(path, "fmr[0].", 7) ? path + 7 :
		      !strcmp(path, "fmr[0]") ? "rule" : path, fault.msg);
	if (ok && name && !is_name(json_string_value(name) ?
				   json_string_value(name) : "")) {
		usage("%s:%u: name: a letter, then letters, digits, - and _, %d at most",
		      file, line, REGION_NAME - 1);
		ok = false;
	}
	if (ok) {
		rule = regions_add(regions);
		rule->rule = stmt.fmr[0];
		rule->dmr = stmt.dmr;
		rule->line = line;
		if (name)
			snprintf(rule->name, sizeof(rule->name), "%s",
				 json_string_value(name));
	}
	json_decref(root);
	json_decref(name);
	return ok;
}

static bool read_json(struct regions *regions, const char *file,
		      const struct buf *text, const struct mapt_prefix6 *dmr)
{
	json_error_t error;
	json_t *root = json_loadb(text->data, text->len, 0, &error), *one;
	bool ok = true;
	size_t i;

	if (!root) {
		usage("%s:%d:%d: %s", file, error.line, error.column,
		      error.text);
		return false;
	}
	if (!json_is_array(root)) {
		usage("%s: expected a list of mapping rules", file);
		ok = false;
	}
	json_array_foreach(root, i, one) {
		if (ok && !json_is_object(one)) {
			usage("%s:%zu: expected an object", file, i + 1);
			ok = false;
		}
		if (!ok)
			break;
		/* where it stands in the list is all that is known */
		ok = add_object(regions, file, i + 1, json_deep_copy(one), dmr);
	}
	json_decref(root);
	return ok;
}

/* --- CSV ---------------------------------------------------------------- */

/* The next field, without blanks and quotes around it; NULL at the end. */
static char *next_field(char **line)
{
	char *field = *line, *end;

	if (!field)
		return NULL;
	end = field + strcspn(field, SEPARATORS);
	*line = *end ? end + 1 : NULL;
	*end = '\0';
	while (isspace((unsigned char)*field) || *field == '"')
		field++;
	end = field + strlen(field);
	while (end > field &&
	       (isspace((unsigned char)end[-1]) || end[-1] == '"'))
		*--end = '\0';
	return field;
}

static const char * const columns[] = {
	"ipv6", "ipv4", "ea-len", "psid-offset", "psid", "dmr", "name",
};

static bool read_heading(const char *file, char *line, const char **names,
			 unsigned int *num)
{
	char *field;
	size_t i;

	*num = 0;
	while ((field = next_field(&line))) {
		for (i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
			if (!strcmp(columns[i], field))
				break;
		}
		if (i == sizeof(columns) / sizeof(*columns) ||
		    *num == COLUMNS_MAX) {
			usage("%s: the first line names the columns, and '%s' is not ipv6, ipv4, ea-len, psid-offset, psid, dmr or name",
			      file, field);
			return false;
		}
		names[(*num)++] = columns[i];
	}
	return true;
}

static json_t *value_json(const char *column, const char *field)
{
	unsigned int value, len;
	const char *slash;

	if ((!strcmp(column, "ea-len") || !strcmp(column, "psid-offset")) &&
	    mapt_parse_number(field, strlen(field), &value))
		return json_integer(value);
	slash = strchr(field, '/');
	if (!strcmp(column, "psid") && slash &&
	    mapt_parse_number(field, slash - field, &value) &&
	    mapt_parse_number(slash + 1, strlen(slash + 1), &len))
		return json_pack("{s:i, s:i}", "value", (int)value, "len",
				 (int)len);
	return json_string(field);	/* or null, if that is no UTF-8 */
}

static bool read_row(struct regions *regions, const char *file,
		     unsigned int number, char *line,
		     const char * const *names, unsigned int num,
		     const struct mapt_prefix6 *dmr)
{
	json_t *obj = json_object();
	unsigned int i = 0;
	char *field;

	while ((field = next_field(&line))) {
		if (i == num) {
			usage("%s:%u: more fields than the %u of the first line",
			      file, number, num);
			json_decref(obj);
			return false;
		}
		if (*field)
			json_object_set_new(obj, names[i],
					    value_json(names[i], field));
		i++;
	}
	return add_object(regions, file, number, obj, dmr);
}

static bool read_csv(struct regions *regions, const char *file, char *text,
		     const struct mapt_prefix6 *dmr)
{
	const char *names[COLUMNS_MAX];
	unsigned int num = 0, number = 0;
	char *line, *next;
	bool ok = true;

	for (line = text; line && ok; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		if (!line[strspn(line, " \t\r")] || *line == '#')
			continue;
		if (!num)
			ok = read_heading(file, line, names, &num);
		else
			ok = read_row(regions, file, number, line, names, num,
				      dmr);
	}
	return ok;
}

/**
 * regions_read - rules of a file
 * @regions: they are added here
 * @file: its name, for errors
 * @text: CSV, whose first line names the columns, or a JSON list of objects
 * @dmr: default mapping rule of those that have none
 *
 * Return: false after saying what is wrong.
 */
bool regions_read(struct regions *regions, const char *file,
		  const struct buf *text, const struct mapt_prefix6 *dmr)
{
	const char *c;
	char *copy;
	bool ok;

	for (c = text->data; isspace((unsigned char)*c); c++)
		;
	if (*c == '[' || *c == '{')
		return read_json(regions, file, text, dmr);
	copy = xstrdup(text->data);
	ok = read_csv(regions, file, copy, dmr);
	free(copy);
	return ok;
}
