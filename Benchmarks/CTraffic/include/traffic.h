/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The contract between the traffic programs (Traffic/NAME.bpf.c) and Swift, and the calls that Swift cannot spell.
 *
 * A frame of the generator begins with a head of 60 bytes, the shortest frame that Ethernet has without its checksum:
 * Ethernet, IPv4 without options, UDP, then a mark by which the sink knows it, and the time at which it was sent with
 * that time's complement. The two together add nothing to the UDP checksum, so that it stays right. Instead it can be
 * a packet of RTP (RFC 3550 section 5.1), whose sequence number and timestamp have their complements behind the
 * header.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <linux/types.h>

enum traffic_limits {
	TRAFFIC_HEAD = 60,		/* bytes that the generator restores */
	TRAFFIC_MARK_AT = 42,		/* the first two bytes of the UDP payload */
	TRAFFIC_STAMP_AT = 44,		/* eight bytes, CLOCK_MONOTONIC in ns, host byte order; then the complement */
	TRAFFIC_MARK = 0x5350,		/* host byte order */
	TRAFFIC_RTP_MARK = 0x0080,	/* instead of it: version 2, payload type 0, host byte order */
	TRAFFIC_LAG = 100000,		/* ns that a paced generator makes up for at most; more is left out */
	TRAFFIC_LATENCIES = 512,	/* buckets: eight for each power of two */
};

/* One flow of the generator: its frames begin so. */
struct traffic_head {
	__u8 bytes[TRAFFIC_HEAD];
	__u32 interface;	/* by which they leave */
	__u32 is_rtp;
	__u32 sequence;		/* of the last packet of RTP, extended; 0 before the first */
	__u32 missing;		/* sequence numbers that were left out, between packets */
};

/* What the generator is to do, and how far it has come. One thread runs it at a time. */
struct traffic_generator {
	__u32 flows;		/* heads to take in turns; not 0 */
	__u32 flow;		/* whose turn it is */
	__u64 interval;		/* ns from frame to frame; 0: as fast as they go */
	__u64 stamped;		/* 1: each frame carries the time */
	__u64 gap;		/* RTP: sequence numbers are left out before every so many frames; 0: never */
	__u64 due;		/* when the next frame may leave */
	__u64 sent;		/* frames given to an interface */
	__u64 began;		/* when the first one was, and */
	__u64 last;		/* when one of the last 64 was */
};

/* What arrived at the sink, for each processor. */
struct traffic_sink {
	__u64 packets;
	__u64 bytes;
	__u64 latencies[TRAFFIC_LATENCIES];
};

#ifndef __bpf__

/*
 * Runs an XDP program with live frames (BPF_F_TEST_XDP_LIVE_FRAMES) in the calling thread, on one processor, until
 * `milliseconds` have passed. `batch` frames at a time go through the program, and then out. 0, or a negative errno.
 * SIGRTMIN is taken for the time it runs.
 */
int traffic_run(int program, const void *frame, unsigned int length, unsigned int batch, unsigned int milliseconds,
		int processor);

/* Keeps the calling thread on the processor where it is. 0, or a negative errno. */
int traffic_stay(void);

#endif

#endif
