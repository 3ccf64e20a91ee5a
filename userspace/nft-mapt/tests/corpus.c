// SPDX-License-Identifier: GPL-2.0
/*
 * Reads files of the corpus (see its README) and says of each case whether it
 * holds. Of one that does not it prints, in the corpus' form, what it got.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>

#include "carrier.h"
#include "front.h"
#include "source.h"

#define LINES_MAX	16

enum key {
	KEY_CASE,
	KEY_IN,
	KEY_TEXT,
	KEY_JSON,
	KEY_BYTES,
	KEY_ERROR,
	KEY_AT,
	KEY_JSON_IN,
	KEY_JSON_EXPR,
	KEY_PATH,
	KEY_MAX
};

static const char * const key_name[KEY_MAX] = {
	"case", "in", "text", "json", "bytes", "error", "at", "json-in",
	"json-expr", "path",
};

/* One case: lines of input, and all else by key. */
struct test {
	struct buf	in;
	unsigned int	lines;
	unsigned int	at_line;	/* that the marks are under, from 1 */
	struct buf	value[KEY_MAX];
	struct buf	got[KEY_MAX];
	unsigned int	got_line;
};

static unsigned int num_cases, num_failed;

static const char *text_of(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

static void hex(const void *data, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf_printf(out, "%02x", ((const unsigned char *)data)[i]);
}

/*
 * Attributes as a little-endian machine has them: their headers are the only
 * numbers in the machine's order.
 */
static void hex_attrs(const unsigned char *data, size_t len, struct buf *out)
{
	struct nlattr nla;
	size_t size;

	for (; len >= NLA_HDRLEN; data += size, len -= size) {
		memcpy(&nla, data, sizeof(nla));
		size = NLA_ALIGN(nla.nla_len);
		if (nla.nla_len < NLA_HDRLEN || size > len)
			break;
		buf_printf(out, "%02x%02x%02x%02x", nla.nla_len & 0xff, nla.nla_len >> 8,
			   nla.nla_type & 0xff, nla.nla_type >> 8);
		if (nla.nla_type & NLA_F_NESTED)
			hex_attrs(data + NLA_HDRLEN, size - NLA_HDRLEN, out);
		else
			hex(data + NLA_HDRLEN, size - NLA_HDRLEN, out);
	}
	hex(data, len, out);
}

/* What an expression is listed as. */
static void list_forms(struct test *test, int carrier)
{
	size_t len;
	const void *data = carrier_data(carrier, &len);

	carrier_print(carrier, &test->got[KEY_TEXT]);
	carrier_print_json(carrier, &test->got[KEY_JSON]);
	hex_attrs(data, len, &test->got[KEY_BYTES]);
}

static int edit_carrier(const struct source *src)
{
	const char *prefix;

	if (!src->num_edits)
		return -1;
	prefix = strchr(src->edits[0].text, '"') + 1;
	return carrier_find(prefix, strlen(prefix) - 1);
}

/* The carrier of a statement in a chain, or -1 and the error in @out. */
static int read_text(const char *text, struct buf *out)
{
	struct buf ruleset = {};
	struct source *src;
	char *errors;
	size_t size;

	buf_printf(&ruleset, "table ip t {\nchain c {\n%s\n}\n}\n", text);
	src = source_new("f", ruleset.data, ruleset.len);
	front->error_file = open_memstream(&errors, &size);
	error_reset();
	scan_text(src);
	fclose(front->error_file);
	buf_adds(out, errors);
	free(errors);
	return edit_carrier(src);
}

static int read_json(const char *text, struct test *test)
{
	struct mapt_stmt *stmt = xcalloc(1, sizeof(*stmt));
	json_t *root = json_loads(text, 0, NULL);
	struct mapt_fault fault = {};
	struct buf data = {};
	char path[256] = "";
	int carrier = -1;

	if (mapt_from_json(json_object_get(root, "mapt"), stmt, path,
			   sizeof(path), &fault)) {
		mapt_encode(stmt, &data);
		carrier = carrier_add(data.data, data.len);
	} else if (test) {
		buf_adds(&test->got[KEY_PATH], path);
		buf_adds(&test->got[KEY_ERROR], fault.msg);
	}
	buf_free(&data);
	json_decref(root);
	free(stmt);
	return carrier;
}

/* Statements of a rule: what stands in for the one that is mapt. */
static void run_expr(struct test *test)
{
	json_t *list = json_loads(test->value[KEY_JSON_EXPR].data, 0, NULL);
	const char *prefix, *path, *message;
	char *errors;
	size_t size, i;
	int carrier;

	front->error_file = open_memstream(&errors, &size);
	error_reset();
	exchange_list(source_new("f", xstrdup(""), 0), list, "expr");
	fclose(front->error_file);
	path = strstr(errors, "Error: ");
	message = path ? strstr(path + strlen("Error: "), ": ") : NULL;
	if (message) {
		path += strlen("Error: ");
		buf_add(&test->got[KEY_PATH], path, message - path);
		message += strlen(": ");
		buf_add(&test->got[KEY_ERROR], message, strcspn(message, "\n"));
	}
	free(errors);
	for (i = 0; !message && i < json_array_size(list); i++) {
		json_t *log = json_object_get(json_array_get(list, i), "log");

		prefix = json_string_value(json_object_get(log, "prefix"));
		carrier = prefix ? carrier_find(prefix, strlen(prefix)) : -1;
		if (carrier >= 0)
			list_forms(test, carrier);
	}
	json_decref(list);
}

/* "f:LINE:FIRST-LAST: Error: MESSAGE", the line, and the marks. */
static void split_error(struct test *test, const char *text)
{
	const char *message = strstr(text, "Error: "), *line, *marks;

	if (!message || sscanf(text, "f:%u:", &test->got_line) != 1)
		return;
	test->got_line -= 2;
	message += strlen("Error: ");
	line = strchr(message, '\n') + 1;
	marks = strchr(line, '\n') + 1;
	buf_add(&test->got[KEY_ERROR], message, line - 1 - message);
	buf_add(&test->got[KEY_AT], marks, strcspn(marks, "\n"));
}

static void run_text(struct test *test)
{
	struct buf error = {}, again = {};
	int carrier = read_text(test->in.data, &error);

	if (carrier < 0) {
		split_error(test, error.data);
	} else {
		list_forms(test, carrier);
		/* what was listed must be read as the same bytes */
		if (read_text(test->got[KEY_TEXT].data, &again) != carrier ||
		    read_json(test->got[KEY_JSON].data, NULL) != carrier)
			buf_adds(&test->got[KEY_ERROR],
				 "listing is not read as the same");
	}
	buf_free(&error);
	buf_free(&again);
}

static void run_json(struct test *test)
{
	int carrier = read_json(test->value[KEY_JSON_IN].data, test);

	if (carrier >= 0)
		list_forms(test, carrier);
}

static void set_default(struct test *test, enum key key, const struct buf *from)
{
	if (!test->value[key].data && !test->value[KEY_ERROR].data)
		buf_adds(&test->value[key], text_of(from));
}

static void report(struct test *test)
{
	const char *name = text_of(&test->value[KEY_CASE]);
	bool ok = true;
	int key;

	set_default(test, KEY_TEXT, &test->in);
	if (test->value[KEY_JSON_IN].data)
		set_default(test, KEY_JSON, &test->value[KEY_JSON_IN]);
	for (key = KEY_TEXT; key < KEY_MAX; key++) {
		if (key != KEY_JSON_IN && key != KEY_JSON_EXPR &&
		    strcmp(text_of(&test->value[key]),
			   text_of(&test->got[key])))
			ok = false;
	}
	if (test->value[KEY_AT].data && test->at_line != test->got_line)
		ok = false;

	num_cases++;
	num_failed += !ok;
	printf("%sok %s\n", ok ? "" : "not ", name);
	for (key = KEY_TEXT; !ok && key < KEY_MAX; key++) {
		if (test->got[key].data)
			printf("# %s: %s\n", key_name[key],
			       test->got[key].data);
	}
	if (!ok && test->got_line)
		printf("# line %u\n", test->got_line);
}

static void run(struct test *test)
{
	int key;

	if (test->value[KEY_CASE].data) {
		if (test->value[KEY_JSON_EXPR].data)
			run_expr(test);
		else if (test->value[KEY_JSON_IN].data)
			run_json(test);
		else
			run_text(test);
		report(test);
	}
	buf_free(&test->in);
	for (key = 0; key < KEY_MAX; key++) {
		buf_free(&test->value[key]);
		buf_free(&test->got[key]);
	}
	memset(test, 0, sizeof(*test));
}

static void add_line(struct test *test, const char *line)
{
	int key;

	/* what nft has differently: native.py */
	if (!strncmp(line, "nft", strlen("nft")))
		return;
	for (key = 0; key < KEY_MAX; key++) {
		size_t len = strlen(key_name[key]);

		if (strncmp(line, key_name[key], len) ||
		    strncmp(line + len, ": ", 2))
			continue;
		line += len + 2;
		if (key == KEY_IN)
			buf_printf(&test->in, "%s%s",
				   test->lines++ ? "\n" : "", line);
		else
			buf_adds(&test->value[key], line);
		if (key == KEY_AT)
			test->at_line = test->lines;
		return;
	}
	fprintf(stderr, "corpus: what is this: %s\n", line);
	exit(EXIT_FAILURE);
}

static void run_file(const char *name)
{
	FILE *file = fopen(name, "r");
	struct test test = {};
	char *line = NULL;
	size_t size = 0;

	if (!file) {
		perror(name);
		exit(EXIT_FAILURE);
	}
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			run(&test);
		else if (*line != '#')
			add_line(&test, line);
	}
	run(&test);
	free(line);
	fclose(file);
}

int main(int argc, char **argv)
{
	int i;

	front = front_new(NULL);
	if (!front)
		return EXIT_FAILURE;
	for (i = 1; i < argc; i++)
		run_file(argv[i]);
	front_free(front);
	return !num_cases || num_failed;
}
