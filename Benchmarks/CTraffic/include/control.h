/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The contract between the FTP programs (Traffic/control.bpf.c) and Swift: both ends of many control connections,
 * played in XDP so that they cost next to nothing. An answer follows from the segment that it answers, so that an end
 * keeps no state but for what it says next; nothing is repeated, so a lost segment ends its connection's part in the
 * measurement.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "traffic.h"

enum control_limits {
	CONTROL_LINE = 48,		/* bytes of the longest line */
	CONTROL_HEADERS = 54,		/* Ethernet, IPv4, TCP without options */
	CONTROL_SERVER_START = 1000000,	/* the server's first sequence number */
	CONTROL_CLIENT_START = 2000000,	/* the client's */
	CONTROL_PORT = 21,
};

/* What the client does when a line of the server has come. */
enum control_mode {
	CONTROL_END = 0,	/* resets the connection; the generator opens it again */
	CONTROL_LOOP = 1,	/* says the next command at once */
	CONTROL_PACED = 2,	/* waits until the generator says it */
	CONTROL_CLOSE = 3,	/* resets the connection; the generator resets those that are idle, and opens none */
};

/* A line and the sum of its 16-bit words, host byte order, for the checksum. */
struct control_line {
	__u32 length;
	__u32 sum;
	__u8 bytes[CONTROL_LINE];
};

/* The server's answers, by their place in the map of answers. */
enum control_answer {
	CONTROL_GREETING = 0,
	CONTROL_DONE = 1,	/* to PORT and EPRT */
	CONTROL_REFUSED = 2,	/* to RETR */
	CONTROL_ANSWERS = 3,
};

enum control_phase {
	CONTROL_CLOSED = 0,
	CONTROL_OPENING = 1,
	CONTROL_IDLE = 2,
	CONTROL_ASKED = 3,
};

/* One connection, as the client has it. Numbers in host byte order. */
struct control_connection {
	__u32 phase;		/* enum control_phase */
	__u32 next;		/* the client's next sequence number; 0 until its SYN is answered */
	__u32 expected;		/* the server's */
	__u32 command;		/* how many commands it has said */
	__u64 since;		/* when it said the last one */
};

struct control_settings {
	__u32 mode;		/* enum control_mode */
	__u32 connections;
	__u32 commands;		/* lines: the first is said first, the others in turns */
	__u32 interface;	/* by which the generator sends */
	__u64 interval;		/* ns between two starts of the generator */
	__u64 due;
	__u64 started;		/* connections or commands that the generator began */
	__u32 turn;
	__u16 port;		/* the client's first port, host byte order */
	__u16 zero;
	__u8 head[40];		/* Ethernet, IPv4 and ports of what the client sends; lengths and checksums are 0 */
};

/* For each processor. */
struct control_results {
	__u64 answers;		/* lines that the client got for its commands */
	__u64 greetings;	/* connections that were set up */
	__u64 rewritten;	/* PORT and EPRT with the public address, at the server */
	__u64 others;		/* commands without an address, at the server: RETR */
	__u64 strange;		/* anything that should not have come */
	__u64 latencies[TRAFFIC_LATENCIES];
};

#endif
