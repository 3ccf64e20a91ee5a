// SPDX-License-Identifier: GPL-2.0
/* nft's variables: `define`, `redefine`, `undefine`, and blocks as scopes. */
#include <stdlib.h>
#include <string.h>

#include "source.h"

struct define {
	struct define	*next;
	unsigned int	depth;
	char		*name;
	struct tokens	value;
};

static struct define *defines;	/* innermost first */
static unsigned int depth;

static struct define *lookup(const struct token *name)
{
	struct define *def;

	for (def = defines; def; def = def->next) {
		if (strlen(def->name) == name->len &&
		    !memcmp(def->name, name->text, name->len))
			return def;
	}
	return NULL;
}

static void define_free(struct define *def)
{
	tokens_free(&def->value);
	free(def->name);
	free(def);
}

void define_scope_open(void)
{
	depth++;
}

void define_scope_close(void)
{
	struct define *def;

	while ((def = defines) && def->depth == depth) {
		defines = def->next;
		define_free(def);
	}
	depth--;
}

/* Takes over @value. */
void define_set(const struct token *name, struct tokens *value)
{
	struct define *def = xcalloc(1, sizeof(*def));

	def->depth = depth;
	def->name = xstrndup(name->text, name->len);
	def->value = *value;
	def->next = defines;
	defines = def;
}

void define_unset(const struct token *name)
{
	struct define *def = lookup(name), **pos;

	if (!def)
		return;
	for (pos = &defines; *pos != def; pos = &(*pos)->next)
		;
	*pos = def->next;
	define_free(def);
}

const struct tokens *define_get(const struct token *name)
{
	struct define *def = lookup(name);

	return def ? &def->value : NULL;
}

void defines_free(void)
{
	struct define *def;

	while ((def = defines)) {
		defines = def->next;
		define_free(def);
	}
	depth = 0;
}
