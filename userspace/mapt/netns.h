/* SPDX-License-Identifier: GPL-2.0 */
/* Network namespaces, and how files of theirs are found. */
#ifndef MAPT_NETNS_H
#define MAPT_NETNS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * @name is that of "ip netns", or "self", or where nobody gave one the inode's
 * number. @path is a file that names the namespace.
 */
struct netns {
	unsigned long long	inode;
	char			*name;
	char			*path;
	bool			self;
};

struct netns_list {
	struct netns	*list;
	size_t		num;
};

void netns_list(struct netns_list *list);
void netns_free(struct netns_list *list);
bool netns_enter(const struct netns *netns, int *back);
void netns_leave(int back);

#endif /* MAPT_NETNS_H */
