/* SPDX-License-Identifier: Apache-2.0 */
/* object: see the header. */
#include "profile/object.h"

#include "base/glob.h"
#include "profile/condition.h"

static bool by_matches(const struct entry *e, const struct act *a)
{
	struct str exe = a->verb == VERB_EXEC ? a->parent : a->exe;

	if (!e->by.v)
		return true;
	for (uint32_t i = 0; exe.n && i < e->by.n; i++)
		if (glob_matches(e->by.v[i], a, exe))
			return true;
	return false;
}

static bool has_argument(struct str argv, struct str glob)
{
	for (uint32_t i = 0; i <= argv.n;) {
		int64_t end = str_index(argv, i, '\0');
		struct str arg = str_sub(argv, i, (end < 0 ? argv.n : (uint32_t)end) - i);

		if (glob_match_word(glob, arg))
			return true;
		i += arg.n + 1;
	}
	return false;
}

/* Arguments are the caller's word and many: decisions on them are made anew each time. */
static bool args_match(const struct object *o, struct act *a)
{
	if (!o->args.n)
		return true;
	a->fleeting = true;
	for (uint32_t i = 0; i < o->args.n; i++)
		if (!has_argument(a->ev->what.exec.argv, o->args.v[i].s))
			return false;
	return true;
}

static bool is_among(const struct texts *globs, struct str word)
{
	for (uint32_t i = 0; i < globs->n; i++)
		if (glob_match_word(globs->v[i].s, word))
			return true;
	return false;
}

/* Of a comma list of writers: any for a deny rule, each for an allow rule. */
static bool writers_match(const struct texts *globs, struct str list, bool any)
{
	for (uint32_t i = 0; i < list.n;) {
		int64_t comma = str_index(list, i, ',');
		struct str who = str_sub(list, i, (comma < 0 ? list.n : (uint32_t)comma) - i);

		if (is_among(globs, who) == any)
			return any;
		i += who.n + 1;
	}
	return !any;
}

/*
 * Of a script, that the interpreter too is what the rule asks for: written by one of them, or else by
 * nobody but its package. One whose writer is not known can be anybody's.
 */
static bool interpreter_matches(const struct texts *globs, const struct event *ev)
{
	if (!ev->what.exec.script_inode)
		return true;
	if (ev->who.interpreter_written_by.n)
		return writers_match(globs, ev->who.interpreter_written_by, false);
	return object_package(&ev->what).n != 0;
}

/*
 * A deny rule is about anybody who can have written the program, the script or its interpreter; an
 * allow rule about all of them. Where the writer is not known neither matches.
 */
static bool written_by_matches(const struct entry *e, const struct act *a)
{
	const struct texts *globs = &e->object->written_by;
	const struct event_who *who = &a->ev->who;

	if (!globs->n)
		return true;
	if (e->deny)
		return writers_match(globs, who->written_by, true) ||
		       writers_match(globs, who->interpreter_written_by, true);
	return who->written_by.n && writers_match(globs, who->written_by, false) &&
	       interpreter_matches(globs, a->ev);
}

/* "coreutils" of "coreutils 9.1-1"; absent when the content is not the package's. */
struct str object_package(const struct event_what *what)
{
	int64_t blank = str_index(what->exec.package, 0, ' ');

	if (what->exec.package_modified || blank <= 0)
		return STR_NONE;
	return str_sub(what->exec.package, 0, (uint32_t)blank);
}

/* What is not known yet, at the first exec of a file, matches nothing. */
static bool content_matches(const struct object *o, const struct event_what *what)
{
	struct str package = o->package.p ? object_package(what) : STR_NONE;
	bool found = !o->sha256.n;

	for (uint32_t i = 0; !found && i < o->sha256.n; i++)
		found = what->exec.sha256.n && str_equal(o->sha256.v[i].s, what->exec.sha256);
	return found && (!o->package.p || (package.n && glob_match_word(o->package, package)));
}

bool object_holds(const struct entry *e, struct act *a)
{
	const struct object *o = e->object;

	if (o->not_self && a->self)
		return false;
	if (o->deleted && !a->ev->what.exec.deleted)
		return false;
	return by_matches(e, a) && written_by_matches(e, a) && content_matches(o, &a->ev->what) &&
	       args_match(o, a) && conditions_hold(e->rule->when, a);
}
