// SPDX-License-Identifier: GPL-2.0
/* Exchanges the mapt statements of a JSON document for carriers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "carrier.h"
#include "source.h"

#define PATH_SIZE	256
#define DEPTH_MAX	16

/* One key makes a statement, and nothing comes after a mapt statement. */
static const char *misplaced(json_t *list, size_t index)
{
	if (json_object_size(json_array_get(list, index)) != 1)
		return "expected one key, mapt";
	if (index + 1 < json_array_size(list))
		return "has to be the last statement of its rule: what comes after it has no effect";
	return NULL;
}

/* Puts a carrier in the place of @value if that is a mapt statement. */
static void exchange_stmt(const struct source *src, json_t *list, size_t index,
			  const char *where)
{
	json_t *mapt = json_object_get(json_array_get(list, index), "mapt");
	char path[PATH_SIZE], rel[PATH_SIZE] = "";
	const char *wrong;
	struct mapt_fault fault;
	struct mapt_stmt *stmt;
	struct buf data = {};

	if (!mapt)
		return;
	wrong = misplaced(list, index);
	stmt = xcalloc(1, sizeof(*stmt));
	if (!wrong && mapt_from_json(mapt, stmt, rel, sizeof(rel), &fault)) {
		mapt_encode(stmt, &data);
		json_array_set_new(list, index,
				   carrier_json(carrier_add(data.data,
							    data.len)));
		buf_free(&data);
	} else {
		snprintf(path, sizeof(path), "%.120s[%zu]%s%s%.100s",
			 where, index, wrong ? "" : ".mapt", *rel ? "." : "",
			 rel);
		error_json(src, path, wrong ? wrong : fault.msg);
	}
	free(stmt);
}

/* A rule's statements. */
void exchange_list(const struct source *src, json_t *list, const char *where)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		exchange_stmt(src, list, i, where);
}

/* Statements are in the list "expr" of an object "rule". */
static void walk(const struct source *src, json_t *value, const char *where,
		 unsigned int depth)
{
	char path[PATH_SIZE];
	const char *key;
	json_t *child;
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
		strcat(path, ".expr");
		exchange_list(src, json_object_get(child, "expr"), path);
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
