// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns.h"
#include "tool.h"

#define NAMED		"/run/netns"
#define SELF		"/proc/self/ns/net"

static void add(struct netns_list *list, const char *name, const char *path)
{
	struct netns *netns;
	struct buf text = {};
	struct stat st;
	size_t i;

	if (stat(path, &st))
		return;
	for (i = 0; i < list->num; i++) {
		if (list->list[i].inode == st.st_ino)
			return;
	}
	list->list = xrealloc(list->list,
			      (list->num + 1) * sizeof(*list->list));
	netns = &list->list[list->num++];
	memset(netns, 0, sizeof(*netns));
	netns->inode = st.st_ino;
	netns->path = xstrdup(path);
	if (name)
		buf_adds(&text, name);
	else
		buf_printf(&text, "%llu", netns->inode);
	netns->name = text.data;
}

/* The entries of a directory that @filter takes, each by @fn. */
static void each(const char *path, bool (*filter)(const char *name),
		 void (*fn)(struct netns_list *list, const char *name),
		 struct netns_list *list)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (filter(entry->d_name))
			fn(list, entry->d_name);
	}
	closedir(dir);
}

static bool is_name(const char *name)
{
	return *name != '.';
}

static bool is_pid(const char *name)
{
	return isdigit((unsigned char)*name);
}

static void add_named(struct netns_list *list, const char *name)
{
	struct buf path = {};

	buf_printf(&path, NAMED "/%s", name);
	add(list, name, path.data);
	buf_free(&path);
}

static void add_process(struct netns_list *list, const char *pid)
{
	struct buf path = {};

	buf_printf(&path, "/proc/%s/ns/net", pid);
	add(list, NULL, path.data);
	buf_free(&path);
}

/**
 * netns_list - all namespaces that have a name or a process
 * @list: result, to be freed by netns_free()
 *
 * Those of processes of other users are seen by root only.
 */
void netns_list(struct netns_list *list)
{
	struct stat st;
	size_t i;

	memset(list, 0, sizeof(*list));
	each(NAMED, is_name, add_named, list);
	add(list, "self", SELF);
	each("/proc", is_pid, add_process, list);
	if (stat(SELF, &st))
		return;
	for (i = 0; i < list->num; i++)
		list->list[i].self = list->list[i].inode == st.st_ino;
}

void netns_free(struct netns_list *list)
{
	size_t i;

	for (i = 0; i < list->num; i++) {
		free(list->list[i].name);
		free(list->list[i].path);
	}
	free(list->list);
	memset(list, 0, sizeof(*list));
}

/* Go into a namespace; @back is the way back, for netns_leave(). */
bool netns_enter(const struct netns *netns, int *back)
{
	int fd, err;
	bool ok;

	*back = -1;
	if (netns->self)
		return true;
	*back = open(SELF, O_RDONLY | O_CLOEXEC);
	if (*back < 0)
		return false;
	fd = open(netns->path, O_RDONLY | O_CLOEXEC);
	ok = fd >= 0 && !setns(fd, CLONE_NEWNET);
	err = errno;
	if (fd >= 0)
		close(fd);
	if (!ok)
		netns_leave(*back);
	errno = err;
	return ok;
}

void netns_leave(int back)
{
	if (back < 0)
		return;
	if (setns(back, CLONE_NEWNET))
		_exit(failed("cannot go back to the own network namespace"));
	close(back);
}
