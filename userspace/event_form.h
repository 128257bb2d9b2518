/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_form: an identity in one line, the same everywhere, and two keys of it for machines. Values are
 * percent-encoded outside of A-Z a-z 0-9 . _ ~ @ : / + -, so that a line is split at blanks and ';'.
 *
 *     wid1 who=human:alice;ses=26;key=SHA256:...;src=10.0.0.7 via=ssh,sudo:root as=session:26 acct=1001>0 lvl=KKK
 *
 * lvl is a letter for who, via and as: Attested, Kernel, Recorded, Derived, Claimed, Unknown.
 */
#ifndef WHODID_EVENT_FORM_H
#define WHODID_EVENT_FORM_H

#include "event.h"

enum form {
	FORM_LINE,    /* all of it, with the account and the levels of this moment */
	FORM_SUBJECT, /* who and as without what changes from run to run: what profiles are about */
	FORM_INSTANCE, /* who, via and as with everything: this session, run, container */
};

#define FORM_MAX 513 /* with NUL: the longest values are cut, and end in %2E%2E%2E */

/* Writes the form of ev->who.id, NUL-terminated, and returns its length; 0 when nobody is named. */
size_t event_form(enum form form, const struct event *ev, char out[static FORM_MAX]);

#endif
