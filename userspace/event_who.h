/* SPDX-License-Identifier: Apache-2.0 */
/* event_who.h: who did it, and how sure that is; a part of event.h, whose rules hold. */
#ifndef WHODID_EVENT_WHO_H
#define WHODID_EVENT_WHO_H

#include "base/str.h"

enum assurance {
	ASSURANCE_UNKNOWN = 0, /* order is strength: a profile says "at least" */
	ASSURANCE_CLAIMED = 1,
	ASSURANCE_DERIVED = 2,
	ASSURANCE_RECORDED = 3,
	ASSURANCE_KERNEL = 4,
	ASSURANCE_ATTESTED = 5,
};
const char *assurance_name(enum assurance assurance);
/* The level of that name, or -1. */
int assurance_parse(struct str name);

/* Identity flags, each an oddity that an anomaly may rest on. Names: identity_flag_name(). */
#define ID_SELF_LOGINUID   (1u << 0)
#define ID_SELF_MOVED	   (1u << 1)
#define ID_SEEDED	   (1u << 2)
#define ID_REPAIRED	   (1u << 3)
#define ID_THREAD_LOGINUID (1u << 4)
#define ID_BOUNDARY_LOST   (1u << 5) /* the boundary's record was lost */
#define ID_USERNS	   (1u << 6)
#define ID_FAKE_SUPERVISOR (1u << 7)  /* a job plays the supervisor of jobs */
#define ID_AFTER_JOB_END   (1u << 8)  /* of a job whose supervisor has gone */
#define ID_PRELOAD_ENV	   (1u << 9)  /* the job's environment puts code into what it starts */
#define ID_ENV_TRUNCATED   (1u << 10) /* the job's environment was not read whole */
#define ID_ENV_DUPLICATE   (1u << 11) /* the job's environment names something twice */
#define ID_ENV_MISMATCH	   (1u << 12) /* a later step's environment names another job */
#define ID_LOOPBACK_SSH	   (1u << 13) /* its ssh login came from this host */
#define ID_HANDOFF	   (1u << 14) /* in a server that people of other sessions use too */
#define ID_DEFERRED_BY_JOB (1u << 15) /* a CI job wrote the crontab or at job that it runs */
#define ID_SUPERVISOR_TAMPERED \
	(1u << 16) /* a job reached for its supervisor, or was started after that */
#define ID_FORGED_AUTH_LOG (1u << 17) /* told the log that somebody has logged in, and is no sshd */
#define ID_CGROUP_PARENT_MISMATCH \
	(1u << 18) /* a container in a cgroup of another engine's, or pod's */
#define ID_FORGED_LABEL \
	(1u << 19) /* a container with labels of a CI system that did not ask for it */
#define ID_SHARED_RING \
	(1u << 20) /* asked of a ring that others than its maker's boundary can use */
/* systemd was asked for its unit by several, or by another than root */
#define ID_SEVERAL_ASKED (1u << 21)
#define ID_BIND_CONFLICT (1u << 22) /* tokens of two identities were shown in one place */
#define ID_CLAIMS_MISMATCH \
	(1u << 23)		    /* a token named another job or pod than the one it came from */
#define ID_TOKEN_REPLAY	 (1u << 24) /* the same token was shown in two places */
#define ID_LOGIN_BY_HAND (1u << 25) /* who lets people in was started by somebody who is in by is */
#define ID_REACHED_INTO	 (1u << 26) /* somebody else has got into its memory, or its parent's */
#define ID_SERVES_OTHERS \
	(1u << 27) /* others ask it, or the server that started it, for things over a socket */
#define ID_FLAG_MAX 28
const char *identity_flag_name(unsigned bit); /* NULL past the last */

/* What is known of a CI job; who_level says how sure. What is not known is absent. */
struct ci_facts {
	struct str provider; /* "github", ...: static text */
	struct str repository, repository_id, workflow, job, run_id, step, actor, ref, sha, event,
		runner;
	/* Folders that the supervisor gave the job, absolute and resolved in writing; absent where a job
	 * may set what says so. Of a step in a container they are the container's: GitHub's runner
	 * translates what it hands to docker exec (ContainerStepHost, StepHost.cs). */
	struct str workspace, temp;
	struct str user;  /* account that the supervisor started it as, by the kernel and passwd */
	uint32_t attempt; /* 0 = not known */
};

/*
 * How somebody logged in, as sshd wrote it to the log before it let them in: recorded, whatever the
 * level of who is. Absent is what it did not say.
 */
struct login_facts {
	struct str method; /* publickey, password, ... */
	struct str ip;	   /* where the client was; absent without a login that was heard of */
	uint16_t port;
	struct str key_type, key_fingerprint; /* "ED25519", "SHA256:..." */
	struct str cert_id; /* of a certificate: free text that its holder may have chosen */
	struct str cert_serial, ca_fingerprint;
};

/* What its engine keeps of a container. Absent is what it does not. */
struct container_facts {
	struct str name;
	struct str image;    /* as it was asked for; "latest" is said where no tag was */
	struct str image_id; /* "sha256:...", or as the engine calls it */
};

/* The pod that a container is of, as kubelet's engine keeps it. */
struct pod_facts {
	struct str namespace, name, uid;
	struct str container;	    /* absent for the sandbox */
	struct str service_account; /* by the pod's token; absent when it has none */
};

/* A signed token that was shown where this identity lives. */
struct attested_facts {
	struct str issuer; /* absent = none */
	struct str subject, audience;
	int64_t expires_wall_ns; /* of the token: the identity stays */
};

/* The identity of a boundary. Texts are borrowed as event.h's first comment says. */
struct identity {
	struct str who; /* design.md 4: "human:alice", "unit:nginx.service", "anon:<reason>" */
	/* human, cron, at, ci, unit, sa, spiffe, container, kernel, anon: static text */
	struct str kind;
	struct str via; /* edges from outside in, comma list: "ssh,sudo:root"; empty = none */
	struct str as;	/* "host", "unit:ssh.service", "session:26", "ctr:podman/<id12>", ... */
	enum assurance who_level, via_level, as_level;
	uint32_t flags;	    /* ID_* */
	uint64_t boundary;  /* 0 = none */
	struct str session; /* "26"; absent when there is none */
	struct str person;  /* login name of the person behind it; absent when nobody is known */
	struct str cgroup;  /* path of the workload cgroup */
	struct str unit;    /* systemd unit, absent when none */
	struct str container_id, container_runtime;
	struct container_facts container;
	struct pod_facts pod;
	struct str reason; /* anon: why, in words */
	struct str by; /* who asked for it: made the connection that ssh came by, wrote the job */
	struct login_facts login;
	struct ci_facts ci; /* all absent when it is no job */
	struct attested_facts attested;
};

/* Why nobody is named as writer of a file that may have been written while this host was watched. */
enum writer_unknown {
	WRITER_SAID = 0,   /* somebody is, or it was there before */
	WRITER_MISSED = 1, /* records were lost, or nothing ran that saw it */
	WRITER_OTHERS = 2, /* more have it open than were seen or are kept */
	WRITER_RECALL = 3, /* what the store knows from before the start is still being read */
};

#define ANCESTORS_MAX 16

struct process_ref {
	uint32_t pid;
	uint64_t start_ns;
	struct str exe; /* absent = not known */
};

/* Who did it: written by identity. */
struct event_who {
	struct identity id;
	struct str exe;	      /* of the acting process, as it was at its last exec */
	struct str user_name; /* of uid; absent when the system has none */
	struct str target;    /* who the target is; absent when there is none or not known */
	/*
	 * exec: who opened for writing last what was asked for (the script, where there is one), and the
	 * script's interpreter. A comma list: of several who had it open at once any can be the last.
	 */
	struct str written_by, interpreter_written_by;
	uint32_t writer_unknown;   /* enum writer_unknown: why written_by is absent */
	int64_t written_wall_ns;   /* when the latest of written_by opened it; 0 = not known */
	struct process_ref parent; /* pid 0 = not known */
	struct process_ref
		ancestors[ANCESTORS_MAX]; /* nearest first, the parent is [0]; on exec only */
	uint32_t ancestor_count;
};

#endif
