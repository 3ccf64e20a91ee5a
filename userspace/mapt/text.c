// SPDX-License-Identifier: GPL-2.0
/* Words and files that users give. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* All of a file, or of standard input where @path is "-"; says why not. */
bool read_file(const char *path, struct buf *out)
{
	bool input = !strcmp(path, "-");
	FILE *file = input ? stdin : fopen(path, "r");
	char chunk[65536];
	size_t len;
	bool ok;

	if (!file) {
		failed("%s: %s", path, strerror(errno));
		return false;
	}
	buf_add(out, "", 0);
	while ((len = fread(chunk, 1, sizeof(chunk), file)))
		buf_add(out, chunk, len);
	ok = !ferror(file);
	if (!ok)
		failed("%s: %s", input ? "standard input" : path,
		       strerror(errno));
	if (!input)
		fclose(file);
	return ok;
}

static bool only(const char *text, const char *also, size_t max)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		if (!(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= 'A' && text[i] <= 'Z') &&
		    !(text[i] >= '0' && text[i] <= '9') &&
		    !strchr(also, text[i]))
			return false;
	}
	return i && i <= max;
}

/* An interface's name that can stand in a ruleset and in a command. */
bool is_device_name(const char *name)
{
	return only(name, "._-@:+", 15) && *name != '-' && strcmp(name, ".") &&
	       strcmp(name, "..");
}

bool is_table_name(const char *name)
{
	return only(name, "_-", 63) &&
	       ((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z'));
}

void addr6_text(const struct in6_addr *addr, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, addr, text, sizeof(text));
	buf_adds(out, text);
}

/* A prefix with its length, which must not be left out. */
bool parse_end_user(const char *text, struct mapt_prefix6 *prefix)
{
	return strchr(text, '/') &&
	       mapt_parse_prefix6(text, strlen(text), prefix);
}

bool parse_uint(const char *text, unsigned int min, unsigned int max,
		unsigned int *value)
{
	return mapt_parse_number(text, strlen(text), value) && *value >= min &&
	       *value <= max;
}
