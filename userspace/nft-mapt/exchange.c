// SPDX-License-Identifier: GPL-2.0
/* Exchanges the mapt statements of a JSON document for carriers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "carrier.h"
#include "source.h"

#define PATH_SIZE	256
#define DEPTH_MAX	16

/* Puts a carrier in the place of @value if that is a mapt statement. */
static void exchange_stmt(const struct source *src, json_t *list, size_t index,
			  const char *where)
{
	json_t *value = json_array_get(list, index), *mapt;
	struct mapt_fault fault;
	struct mapt_stmt *stmt;
	char path[PATH_SIZE], rel[PATH_SIZE] = "";
	struct buf data = {};

	mapt = json_object_get(value, "mapt");
	if (!mapt)
		return;
	stmt = xcalloc(1, sizeof(*stmt));
	if (mapt_from_json(mapt, stmt, rel, sizeof(rel), &fault)) {
		mapt_encode(stmt, &data);
		json_array_set_new(list, index,
				   carrier_json(carrier_add(data.data,
							    data.len)));
		buf_free(&data);
	} else {
		snprintf(path, sizeof(path), "%.120s.expr[%zu].mapt%s%.100s",
			 where, index, *rel ? "." : "", rel);
		error_json(src, path, fault.msg);
	}
	free(stmt);
}

/* Statements are in the list "expr" of an object "rule". */
static void walk(const struct source *src, json_t *value, const char *where,
		 unsigned int depth)
{
	char path[PATH_SIZE];
	const char *key;
	json_t *child, *expr;
	size_t i;

	if (depth == DEPTH_MAX)
		return;
	json_array_foreach(value, i, child) {
		snprintf(path, sizeof(path), "%.120s[%zu]", where, i);
		walk(src, child, path, depth + 1);
	}
	if (!json_is_object(value))
		return;
	json_object_foreach(value, key, child) {
		snprintf(path, sizeof(path), "%.120s%s%.40s", where,
			 *where ? "." : "", key);
		if (strcmp(key, "rule")) {
			walk(src, child, path, depth + 1);
			continue;
		}
		expr = json_object_get(child, "expr");
		for (i = 0; i < json_array_size(expr); i++)
			exchange_stmt(src, expr, i, path);
	}
}

/*
 * Fills @src's output if its text is JSON. Returns false after reporting
 * errors.
 */
bool exchange_json(struct source *src)
{
	unsigned int before = error_count();
	json_t *root;
	char *text;

	root = json_loads(src->text, 0, NULL);
	if (!root)
		return scan_text(src);
	walk(src, root, "", 0);
	text = json_dumps(root, 0);
	json_decref(root);
	if (!text)
		buf_no_memory();
	src->json = true;
	src->finished = true;
	buf_adds(&src->out, text);
	free(text);
	return error_count() == before;
}
