/* SPDX-License-Identifier: Apache-2.0 */
/* event_json: an event as one line of whodid.event/1.0 JSON (ux.md section 3). */
#ifndef WHODID_EVENT_JSON_H
#define WHODID_EVENT_JSON_H

#include "base/json.h"
#include "event.h"

/*
 * Adds the event as one JSON object, without newline, to w. Unknown is absent. Bytes that are not
 * UTF-8 become U+FFFD and the original goes to NAME_b64. Arguments pass the redactor. Errors stick
 * in w.
 */
void event_json_write(struct json *w, const struct host *host, const struct event *ev);

/* Only its member "identity", with forms also the one-line form and the keys. */
void event_json_identity(struct json *w, const struct event *ev, bool forms);

/* Writes the published JSON Schema of the event (made from the field table). */
void event_json_schema(struct json *w);

#endif
