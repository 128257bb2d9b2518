/* SPDX-License-Identifier: Apache-2.0 */
/* describe: private to identity. Writers of JSON, each one object. */
#ifndef WHODID_IDENTITY_DESCRIBE_H
#define WHODID_IDENTITY_DESCRIBE_H

#include "base/json.h"
#include "identity/table.h"

/* As member "identity". */
void describe_identity(struct json *w, const struct identity *id);
/* With its one-line form too; uid is the account. */
void describe_identity_form(struct json *w, const struct identity *id, uint32_t uid);
/* As members of the object that is open. */
void describe_process(struct json *w, const struct identity_table *t, const struct host *host,
		      const struct process *p);
/* As an item of an array. */
void describe_boundary(struct json *w, const struct boundary *b);

#endif
