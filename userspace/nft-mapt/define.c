// SPDX-License-Identifier: GPL-2.0
/*
 * nft's variables: `define`, `redefine`, `undefine`, and blocks as scopes.
 *
 * Definitions that only mapt statements use are hidden from libnftables:
 * mapping rules because it can't read them, others because 1.0.6 aborts when
 * a variable that refers to another is not used.
 */
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "source.h"

struct define {
	struct define	*older;		/* of all definitions */
	struct define	*outer;		/* of those in scope, innermost first */
	struct define	*redefined;	/* what `define` must not do */
	unsigned int	depth;
	char		*name;
	struct span	name_span;
	struct span	span;
	struct span	unset;
	struct tokens	value;
	struct define	**refers;
	size_t		num_refers;
	bool		use[USE_MAPT + 1];
	bool		hidden;
	bool		done;
	bool		kept;		/* by an earlier command */
};

static struct define *lookup(const struct token *name)
{
	struct define *def;

	for (def = front->scope; def; def = def->outer) {
		if (strlen(def->name) == name->len &&
		    !memcmp(def->name, name->text, name->len))
			return def;
	}
	return NULL;
}

void define_scope_open(void)
{
	front->depth++;
}

void define_scope_close(void)
{
	while (front->scope && front->scope->depth == front->depth)
		front->scope = front->scope->outer;
	front->depth--;
}

/*
 * A definition, in scope after define_set(). @again: it may take the place of
 * another.
 */
struct define *define_new(const struct token *name, bool again)
{
	struct define *def = xcalloc(1, sizeof(*def));

	def->name = xstrndup(name->text, name->len);
	def->name_span = name->span;
	def->redefined = again ? NULL : lookup(name);
	def->older = front->newest;
	front->newest = def;
	return def;
}

/* Takes over @value. @hidden: libnftables can't read it */
void define_set(struct define *def, struct tokens *value,
		const struct span *span, bool hidden)
{
	def->value = *value;
	def->span = *span;
	def->hidden = hidden;
	def->depth = front->depth;
	def->outer = front->scope;
	front->scope = def;
}

/* @def's value contains the variable @name. */
void define_refer(struct define *def, const struct token *name)
{
	struct define *to = lookup(name);

	if (!to)
		return;
	def->refers = xrealloc(def->refers, (def->num_refers + 1) *
					    sizeof(*def->refers));
	def->refers[def->num_refers++] = to;
}

void define_unset(const struct token *name, const struct span *span)
{
	struct define *def = lookup(name), **pos;

	if (!def)
		return;
	def->unset = *span;
	if (def->done && def->hidden)	/* by an earlier command */
		source_edit(span->src, span->start, span->end, "");
	for (pos = &front->scope; *pos != def; pos = &(*pos)->outer)
		;
	*pos = def->outer;
}

const struct tokens *define_get(const struct token *name, enum define_use use)
{
	struct define *def = lookup(name);

	if (!def)
		return NULL;
	def->use[use] = true;
	return &def->value;
}

/* Without using it. */
const struct tokens *define_value(const struct token *name)
{
	struct define *def = lookup(name);

	return def ? &def->value : NULL;
}

/*
 * Whether @unknown, a variable without a value, comes from a definition that
 * libnftables can't read: it was reported there.
 */
bool define_is_reported(const struct token *unknown)
{
	const struct define *def;
	size_t i;

	for (def = front->newest; def; def = def->older) {
		for (i = 0; def->hidden && i < def->value.num; i++) {
			if (def->value.tok[i].text == unknown->text)
				return true;
		}
	}
	return false;
}

static void hide(struct define *def)
{
	size_t i;

	/* uses come after definitions, so those of @def are all known */
	if (def->use[USE_MAPT] && !def->use[USE_NFT])
		def->hidden = true;
	for (i = 0; i < def->num_refers; i++)
		def->refers[i]->use[def->hidden ? USE_MAPT : USE_NFT] = true;
	if (!def->hidden)
		return;
	source_edit(def->span.src, def->span.start, def->span.end, "");
	if (def->unset.src)
		source_edit(def->unset.src, def->unset.start, def->unset.end,
			    "");
}

/* After a text was scanned. */
void defines_hide(void)
{
	struct define *def;

	for (def = front->newest; def && !def->done; def = def->older) {
		hide(def);
		def->done = true;
	}
	for (def = front->newest; def; def = def->older) {
		if (def->redefined &&
		    (def->hidden || def->redefined->hidden))
			error_at(&def->name_span,
				 "redefinition of symbol '%s'", def->name);
		def->redefined = NULL;
	}
}

static void define_free(struct define *def)
{
	tokens_free(&def->value);
	free(def->refers);
	free(def->name);
	free(def);
}

static bool in_scope(const struct define *wanted)
{
	const struct define *def;

	for (def = front->scope; def && def != wanted; def = def->outer)
		;
	return def;
}

/* Those of this command go out of scope, or with @keep those of its blocks. */
static void leave_scopes(bool keep)
{
	struct define **pos = &front->scope, *def;

	while ((def = *pos)) {
		if (def->kept || (keep && !def->depth)) {
			def->kept = true;
			pos = &def->outer;
		} else {
			*pos = def->outer;
		}
	}
	front->depth = 0;
}

/*
 * After a command, which may have ended anywhere. @keep: libnftables has seen
 * it, and has its definitions.
 */
void defines_end(bool keep)
{
	struct define **pos = &front->newest, *def;

	leave_scopes(keep);
	while ((def = *pos)) {
		def->num_refers = 0;
		if (in_scope(def)) {
			pos = &def->older;
			continue;
		}
		*pos = def->older;
		define_free(def);
	}
}

/* Whether a definition has something of @src's text. */
bool define_is_from(const struct source *src)
{
	const char *end = src->text + src->len;
	const struct define *def;
	size_t i;

	for (def = front->newest; def; def = def->older) {
		for (i = 0; i < def->value.num; i++) {
			const char *text = def->value.tok[i].text;

			if (text >= src->text && text <= end)
				return true;
		}
	}
	return false;
}

void defines_free(void)
{
	struct define *def;

	while ((def = front->newest)) {
		front->newest = def->older;
		define_free(def);
	}
	front->scope = NULL;
	front->depth = 0;
}
