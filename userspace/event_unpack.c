/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what event_pack.c wrote, or somebody else: nothing in it is believed before it was checked. */
#include "event_pack.h"

#include <errno.h>

#include "event_wire.h"

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

struct reader {
	const uint8_t *at, *end;
};

static bool get_long_varint(struct reader *r, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
		uint8_t b = *r->at++;

		if (shift == 63 && b > 1)
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

/* Most are of one byte. */
static inline bool get_varint(struct reader *r, uint64_t *out)
{
	if (r->at < r->end && *r->at < 0x80) {
		*out = *r->at++;
		return true;
	}
	return get_long_varint(r, out);
}

static bool get_bytes(struct reader *r, struct str *out)
{
	uint64_t n;

	if (!get_varint(r, &n) || n > (uint64_t)(r->end - r->at))
		return false;
	*out = (struct str){(const char *)r->at, (uint32_t)n};
	r->at += n;
	return true;
}

static bool unpack_by_type(struct event *out, struct str bytes)
{
	static _Thread_local uint64_t by_type[EVENT_TYPE_MAX];
	struct reader r = {(const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n};

	memset(by_type, 0, sizeof(by_type));
	while (r.at < r.end) {
		uint64_t type, n;

		if (!get_varint(&r, &type) || !get_varint(&r, &n))
			return false;
		if (type < EVENT_TYPE_MAX)
			by_type[type] = n;
	}
	out->what.loss.by_type = by_type;
	return true;
}

static bool get_ancestor(struct reader *r, struct process_ref *out)
{
	uint64_t pid, start_ns, n;

	if (!get_varint(r, &pid) || !get_varint(r, &start_ns) || !get_varint(r, &n) ||
	    pid > UINT32_MAX)
		return false;
	*out = (struct process_ref){.pid = (uint32_t)pid, .start_ns = start_ns};
	if (n == 0)
		return true;
	if (n - 1 > (uint64_t)(r->end - r->at))
		return false;
	out->exe = (struct str){(const char *)r->at, (uint32_t)(n - 1)};
	r->at += n - 1;
	return true;
}

static bool unpack_ancestors(struct event *out, struct str bytes)
{
	struct reader r = {(const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n};
	uint32_t count = 0;

	while (r.at < r.end && count < ANCESTORS_MAX)
		if (!get_ancestor(&r, &out->who.ancestors[count++]))
			return false;
	out->who.ancestor_count = count;
	return r.at == r.end;
}

static bool unpack_bytes(struct event *out, const struct field *f, struct str bytes)
{
	char *p = (char *)out + f->offset;

	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_ARGV:
		memcpy(p, &bytes, sizeof(bytes));
		return true;
	case FIELD_IP:
		if (bytes.n != 4 && bytes.n != 16)
			return false;
		memcpy(p, bytes.p, bytes.n);
		return true;
	default:
		if (f->offset == offsetof(struct event, what.loss.by_type))
			return unpack_by_type(out, bytes);
		return f->id == ID_ANCESTORS && unpack_ancestors(out, bytes);
	}
}

static bool store_number(char *p, unsigned width, uint64_t v)
{
	if (width > 8 || (width < 8 && v >> (8 * width)))
		return false;
	memcpy(p, &v, width);
	return true;
}

static bool unpack_number(struct event *out, const struct field *f, uint64_t v)
{
	char *p = (char *)out + f->offset;

	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_ARGV:
	case FIELD_IP:
		return false;
	case FIELD_BOOL:
		return v <= 1 && store_number(p, 1, v);
	case FIELD_TIME:
		return store_number(p, f->width, (uint64_t)unzigzag(v));
	case FIELD_SPECIAL:
		if (f->offset == offsetof(struct event, what.loss.by_type) || f->id == ID_ANCESTORS)
			return false;
		return store_number(p, f->width, v);
	default:
		if (f->offset == offsetof(struct event, what.file.size_bytes))
			out->what.file.has_size = true;
		return store_number(p, f->width, v);
	}
}

/* What was left out because it equals something else. */
static void fill_defaults(struct event *out, const bool *seen)
{
	struct event_what *what = &out->what;

	if (!seen[ID_TID])
		what->tid = what->pid;
	if (!seen[ID_NS_PID])
		what->ns_pid = what->pid;
	if (!seen[ID_EUID])
		what->euid = what->uid;
	if (!seen[ID_EGID])
		what->egid = what->gid;
	if (!seen[ID_EXEC_EXE] && what->type == EVENT_EXEC)
		what->exec.exe = out->who.exe;
	if (!seen[ID_BOUNDARY])
		out->who.id.boundary = what->boundary;
	if (!seen[ID_PARENT_PID])
		out->who.parent.pid = what->parent_pid;
	if (!seen[ID_PARENT_START])
		out->who.parent.start_ns = what->parent_start_ns;
	/* carried as the difference of the two clocks */
	if (seen[ID_BOOT_NS])
		what->boot_ns = (uint64_t)what->wall_ns - (uint64_t)unzigzag(what->boot_ns);
}

static bool unpack_fields(struct event *out, struct reader *r)
{
	bool seen[IDS] = {false};

	while (r->at < r->end) {
		const struct field *f;
		struct str bytes;
		uint64_t tag, v;
		bool good;

		if (!get_varint(r, &tag))
			return false;
		f = tag >> 2 < IDS ? event_row_by_id[tag >> 2] : NULL;
		switch (tag & 3) {
		case WIRE_VARINT:
			good = get_varint(r, &v) && (!f || unpack_number(out, f, v));
			break;
		case WIRE_BYTES:
			good = get_bytes(r, &bytes) && (!f || unpack_bytes(out, f, bytes));
			break;
		default:
			good = false;
		}
		if (!good)
			return false;
		if (f)
			seen[f->id] = true;
	}
	if (out->what.type >= EVENT_TYPE_MAX)
		return false;
	fill_defaults(out, seen);
	return true;
}

int event_packed_size(const uint8_t *buf, size_t size)
{
	struct reader r = {buf, buf + size};
	uint64_t n;

	if (size == 0)
		return 0;
	if (!get_varint(&r, &n) || n > (uint64_t)(r.end - r.at) || n > EVENT_PACKED_MAX)
		return -EBADMSG;
	return (int)(r.at + n - buf);
}

int event_unpack(struct event *out, const uint8_t *buf, size_t size)
{
	struct reader r = {buf, buf};
	uint64_t length;
	int n = event_packed_size(buf, size);

	if (n <= 0)
		return n;
	r.end = buf + n;
	get_varint(&r, &length);
	memset(out, 0, sizeof(*out));
	out->what.count = 1;
	out->what.login_uid = out->what.session_id = UINT32_MAX;
	out->what.file.new_uid = out->what.file.new_gid = UINT32_MAX;
	if (!unpack_fields(out, &r))
		return -EBADMSG;
	return n;
}
