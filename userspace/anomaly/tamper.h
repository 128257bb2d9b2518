/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tamper: acts on the sensor itself. What reaches for the daemon (signals, its memory and descriptors)
 * or for what is its own (store, settings, programs, pins) becomes an agent.tamper, published behind
 * the act and with the same actor.
 *
 * Administration is none: signals that the daemon answers to, sent by root outside jobs and containers.
 * Settings, and limits of its control group, that root changes there are told as medium, everything else as
 * high. A mount over a folder above a place, and one that is taken from there, hide the place and are told as
 * well. Paths are those of the host's mount namespace; of an act in another one the device must be the place's
 * too, or the host's name for the file be in the place.
 * bpf(2) on its maps, programs and links is told by the kernel's programs themselves (tamper_by_bpf()).
 * Not seen: acts while nothing records.
 */
#ifndef WHODID_ANOMALY_TAMPER_H
#define WHODID_ANOMALY_TAMPER_H

#include "base/mounts.h"
#include "event.h"

enum tamper_kind { TAMPER_STORE, TAMPER_SETTINGS, TAMPER_PROGRAM, TAMPER_PINS, TAMPER_GROUP };

struct tamper;

/* For the daemon with that pid and start, in clock ticks (100 a second) since boot. 0 or -ENOMEM. */
int tamper_new(struct tamper **out, uint32_t pid, uint64_t start_ticks);
void tamper_free(struct tamper *t);
/* A file, or a folder with all that is in it; of a control group the files that stop or starve it. dev as in event.what.file.dev, 0 = not known. What is past
 * TAMPER_PLACES is left out. */
#define TAMPER_PLACES 96
void tamper_watch(struct tamper *t, enum tamper_kind kind, const char *path, uint64_t dev);
/* No longer those of a kind. */
void tamper_forget(struct tamper *t, enum tamper_kind kind);
/* The daemon that recorded before this one: how it ended stands in what is taken over from it. */
void tamper_former(struct tamper *t, uint32_t pid);

/* Whether the act is one on the sensor: then *out is its agent.tamper, with texts of ev and of t that
 * are valid until the next call. */
bool tamper_sees(struct tamper *t, const struct event *ev, struct event *out);

/*
 * An agent.tamper by bpf, as it was decoded: writes its message and severity, valid as above. False: it is
 * nobody's business (the daemon's own programs), or one more descriptor that the same process takes of
 * the same kind of object: who lists all that is in the kernel is told once for each kind.
 */
bool tamper_by_bpf(struct tamper *t, struct event *ev);

/*
 * A place that is on another mount of the host's than when this was asked first, whatever the mount was called by who
 * did that: an agent.tamper of nobody, told once until the place is back. NULL, or the sentence, valid until the
 * next call. Not of what an act was told of within the 5 s before, with who did it.
 */
const char *tamper_hidden(struct tamper *t, const struct mounts *m, uint64_t now_boot_ns);

/* Whether somebody opened a file that moves processes to another control group, since this was asked last. */
bool tamper_may_have_moved(struct tamper *t);
/*
 * The daemon finds itself in another control group, with that folder: its agent.tamper by who opened one of
 * the files there that move processes, at most 5 s before; texts are valid until the next call. False when
 * nobody was seen, or several.
 */
bool tamper_moved(struct tamper *t, const char *dir, uint64_t now_boot_ns, struct event *out);

/* Who sent the daemon this signal with this pid at most 5 s before: "human:alice (pid 812)". False when
 * that was not seen. */
bool tamper_signaller(const struct tamper *t, uint32_t signal, uint32_t pid, uint64_t now_boot_ns,
		      char *out, size_t size);

#endif
