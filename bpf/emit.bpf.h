/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.bpf.h: claim a slot, put a record together, submit it, count what was lost.
 *
 *	struct slot *s = slot_claim(kind);	NULL = counted as lost
 *	... fill s->data, slot_begin()/slot_text() ...
 *	slot_submit(s, kind); slot_release(s);
 */
#ifndef WHODID_BPF_EMIT_H
#define WHODID_BPF_EMIT_H

#include "maps.bpf.h"

/* A function that stays one in the program, so that the verifier's work and the stack stay small. */
#define static_sub static __attribute__((noinline, unused))

/* A function that is verified once per program and not per call: scalars only; weak = in a header. */
#define shared_sub __weak __attribute__((noinline))

#define add_u64(p, n) __sync_fetch_and_add((p), (n))

/* Keeps the compiler from proving a bound that the verifier then does not see. */
#define hide(x)	   asm volatile("" : "+r"(x))
/* Bounds x below n, a power of two, in a way that no optimiser removes. */
#define mask(x, n) asm volatile("%0 &= %1" : "+r"(x) : "i"((n)-1))

/* An address as a number: read back from a map, the verifier has forgotten that it is a pointer. */
static __always_inline u64 stored(const u64 *at)
{
	return *(const volatile u64 *)at;
}

static __always_inline struct cpu_counts *counts_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* Counts one act in a plain counter of struct counters. */
#define count_here(field)                                   \
	do {                                                \
		struct cpu_counts *counts_ = counts_here(); \
		if (counts_)                                \
			add_u64(&counts_->c.field, 1);      \
	} while (0)

static __always_inline void count_many_lost(u32 kind, u64 many)
{
	struct cpu_counts *n = counts_here();

	if (!n)
		return;
	mask(kind, RECORD_KIND_MAX);
	add_u64(&n->seq, many);
	add_u64(&n->c.generated[kind], many);
	add_u64(&n->c.lost[kind], many);
}

static __always_inline void count_lost(u32 kind)
{
	count_many_lost(kind, 1);
}

static_sub struct slot *slot_claim_any(void)
{
	u32 first = SLOTS_HELD + bpf_get_smp_processor_id() * SLOTS_PER_CPU;
	struct slot *s;

	for (u32 k = 0; k < SLOTS_PER_CPU; k++) {
		u32 i = first + k;

		s = bpf_map_lookup_elem(&slots, &i);
		if (!s)
			return 0;
		if (__sync_val_compare_and_swap(&s->busy, 0, 1))
			continue;
		s->id = i;
		return s;
	}
	return 0;
}

/* A free slot with len and flags 0, or NULL, and then a record of that kind is counted as lost. */
static __always_inline struct slot *slot_claim(u32 kind)
{
	struct slot *s = slot_claim_any();

	if (!s) {
		count_lost(kind);
		return 0;
	}
	s->len = 0;
	s->flags = 0;
	return s;
}

static __always_inline void slot_release(struct slot *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}

/* The fixed part of a record, zeroed; it lies at the start of s->data. */
#define slot_begin(s, type)                                   \
	({                                                    \
		(s)->len = sizeof(type);                      \
		(s)->root_off = (s)->root_len = 0;            \
		(s)->place_at = 0;                            \
		__builtin_memset((s)->data, 0, sizeof(type)); \
		(type *)(s)->data;                            \
	})

/* Text of len bytes was written at s->len: accounts for it and returns where it lies. */
static __always_inline struct record_text slot_took(struct slot *s, u32 len)
{
	struct record_text t = {.off = s->len, .len = len};

	s->len += len;
	return t;
}

/* What slot_close() makes of a full slot. */
#define RECORD_BYTES_MAX (SLOT_DATA + 8 + sizeof(struct record_place))

/* Completes the header and pads the record to 8 bytes. Its length, or 0 when it is too long. */
static_sub u32 slot_close(struct slot *s, u32 kind)
{
	struct record_header *h = (struct record_header *)s->data;
	u32 len = s->len;

	hide(len);
	if (len > SLOT_DATA)
		return 0;
	__builtin_memset(&s->data[len], 0, 8);
	len = (len + 7) & ~7u;
	if (s->flags & RECORD_PLACED) {
		__builtin_memcpy(&s->data[len], &s->place, sizeof(s->place));
		len += sizeof(s->place);
	}
	h->boot_ns = bpf_ktime_get_boot_ns();
	h->size = len;
	h->kind = kind;
	h->cpu = bpf_get_smp_processor_id();
	h->flags = s->flags;
	h->root_off = s->root_off;
	h->root_len = s->root_len;
	return len;
}

/* Submits s->data[0..len). Whether it is in the ring. */
static_sub bool slot_submit(struct slot *s, u32 kind)
{
	struct record_header *h = (struct record_header *)s->data;
	struct cpu_counts *n = counts_here();
	u32 len;
	u64 fill;

	if (!n)
		return false;
	mask(kind, RECORD_KIND_MAX);
	h->seq = add_u64(&n->seq, 1) + 1;
	add_u64(&n->c.generated[kind], 1);
	len = slot_close(s, kind);
	/*
	 * One wakeup each time that the fill passes a multiple of the threshold, and none per record:
	 * a reader that is late already is not helped by an interrupt for each, and that costs more
	 * than the record.
	 */
	fill = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) & (cfg_wakeup_bytes - 1);
	hide(len);
	if (len == 0 || len > RECORD_BYTES_MAX)
		goto lost;
	if (!bpf_ringbuf_output(&events, s->data, len,
				fill + len >= cfg_wakeup_bytes ? BPF_RB_FORCE_WAKEUP
							       : BPF_RB_NO_WAKEUP))
		return true;
lost:
	add_u64(&n->c.lost[kind], 1);
	return false;
}

#endif
