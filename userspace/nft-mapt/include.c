// SPDX-License-Identifier: GPL-2.0
/* Finds the files of an `include`, as nft does. */
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "source.h"

void include_path_add(const char *path)
{
	front->paths = xrealloc(front->paths, (front->num_paths + 1) *
					      sizeof(*front->paths));
	front->paths[front->num_paths++] = xstrdup(path);
}

void include_paths_free(void)
{
	while (front->num_paths)
		free(front->paths[--front->num_paths]);
	free(front->paths);
	front->paths = NULL;
}

/* Says whether the search is over: a file without wildcards was found. */
static bool include_glob(const char *pattern, include_fn fn, void *data)
{
	bool found = false;
	glob_t result;
	size_t i;

	if (!glob(pattern, GLOB_NOESCAPE | GLOB_MARK, NULL, &result)) {
		for (i = 0; i < result.gl_pathc; i++) {
			const char *path = result.gl_pathv[i];

			if (path[strlen(path) - 1] != '/')
				fn(path, data);
		}
		found = !strpbrk(pattern, "*?[");
	}
	globfree(&result);
	return found;
}

void include_each(const char *name, include_fn fn, void *data)
{
	struct buf pattern = {};
	bool found = false;
	size_t i;

	if (name[0] == '/' || !strncmp(name, "./", 2) ||
	    !strncmp(name, "../", 3)) {
		include_glob(name, fn, data);
		return;
	}
	for (i = 0; i < front->num_paths && !found; i++) {
		buf_printf(&pattern, "%s/%s", front->paths[i], name);
		found = include_glob(pattern.data, fn, data);
		buf_free(&pattern);
	}
}
