/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: from the tree to the model. Every key is in a table; what is in no table is an error with
 * its place and the key that was probably meant.
 */
#ifndef WHODID_PROFILE_READER_H
#define WHODID_PROFILE_READER_H

#include "profile/model.h"
#include "base/tree.h"

struct reader {
	struct model *model;
	const char *file; /* lives as long as the model */
	int dir;
	struct problem *err;
};

/* Reads value into the field at out. 0, or -errno with the problem set. */
typedef int (*read_fn)(struct reader *r, const struct node *value, void *out);

struct key {
	const char *name;
	read_fn read;
	size_t offset; /* of the field in what the map is read into */
	bool required;
};

/* Reads a map by a table that ends with a NULL name. what names the map in messages. */
int read_map(struct reader *r, const struct node *n, const struct key *keys, const char *what,
	     void *out);

/* Sets the problem at a node and returns -EINVAL. */
int reader_fail(struct reader *r, const struct node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct place reader_place(const struct reader *r, const struct node *n);
/* The text of a node, harmless and short, for messages. */
#define SHOWN_MAX 80
const char *shown(char out[static SHOWN_MAX], struct str s);

/* Fields; each a read_fn whose out is the type named. */
int read_text(struct reader *r, const struct node *v, void *out);	   /* struct str */
int read_one_text(struct reader *r, const struct node *v, void *out);	   /* struct text */
int read_texts(struct reader *r, const struct node *v, void *out);	   /* struct texts: list */
int read_text_or_texts(struct reader *r, const struct node *v, void *out); /* struct texts */
int read_name(struct reader *r, const struct node *v, void *out);	   /* struct str */
int read_names(struct reader *r, const struct node *v, void *out);	   /* struct texts */
int read_bool(struct reader *r, const struct node *v, void *out);	   /* bool */
int read_severity(struct reader *r, const struct node *v, void *out);	   /* enum severity */
int read_time(struct reader *r, const struct node *v, void *out);	   /* int64_t */
int read_glob(struct reader *r, const struct node *v, void *out);	   /* struct str */
int read_ignored_text(struct reader *r, const struct node *v, void *out);  /* checked, not kept */
int read_ignored_texts(struct reader *r, const struct node *v, void *out); /* a map of texts */

/* The index of the word in the table (NULL-terminated), or a failure that names the nearest. */
int read_word(struct reader *r, const struct node *v, const char *const *words, const char *what,
	      unsigned *index);

/* Parts of objects, in their own files. */
int read_rules(struct reader *r, const struct node *v, void *out);	/* struct rule * */
int read_variables(struct reader *r, const struct node *v, void *out);	/* struct variable * */
int read_subjects(struct reader *r, const struct node *v, void *out);	/* struct subject * */
int read_conditions(struct reader *r, const struct node *v, void *out); /* struct condition * */
int read_endpoint(struct reader *r, const struct node *v, struct endpoint *out);

/* One document: a Role, RoleBinding, Exception or ProfileTest, put into the model. */
int read_document(struct reader *r, const struct node *doc);

#endif
