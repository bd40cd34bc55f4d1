/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The contract between the SIP programs (Traffic/sip.bpf.c) and Swift: phones and the server that they register at
 * and call by, both played in XDP so that they cost next to nothing. Each phone has one request under way at a time.
 * All messages are there as templates; what differs from call to call is written into them. An answer follows from
 * the request that it answers, so that the server keeps no state; nothing is repeated.
 */
#ifndef SIP_H
#define SIP_H

#include "traffic.h"

enum sip_limits {
	SIP_LENGTH = 1023,	/* bytes of the longest message, a mask */
	SIP_HEADERS = 42,	/* Ethernet, IPv4, UDP */
	SIP_PORT = 5060,	/* the server's */
	SIP_PLACES = 8,		/* of one field in a message, at most */
	SIP_STEPS = 6,		/* messages: each request is followed by its answer */
	SIP_PATIENCE = 200000000,	/* ns after which a request or its answer is taken for lost */
};

/* What a phone does when it is answered. */
enum sip_mode {
	SIP_STOP = 0,	/* nothing */
	SIP_LOOP = 1,	/* says the next request at once */
	SIP_PACED = 2,	/* waits until the generator says it */
};

/* Where a field of five or eight digits stands in a message, ascending; 0 for no more. */
struct sip_places {
	__u16 at[SIP_PLACES];
};

/* A message, whose fields are 0 but for the address. */
struct sip_message {
	__u32 length;
	__u32 sum;			/* of its 16-bit words, for the checksum */
	struct sip_places addresses;	/* the phone's, as text */
	struct sip_places ports;	/* the phone's, five digits */
	struct sip_places media;	/* the phone's for media, five digits */
	struct sip_places calls;	/* the number of the call, eight hexadecimal digits */
	__u8 bytes[SIP_LENGTH + 1];
};

/* One phone. */
struct sip_phone {
	__u32 asked;	/* whether a request is under way */
	__u32 step;	/* which one, or which is next */
	__u32 call;	/* the number of the call */
	__u32 zero;
	__u64 since;	/* when it was sent */
};

struct sip_settings {
	__u32 mode;		/* enum sip_mode */
	__u32 phones;
	__u32 interface;	/* by which the generator sends */
	__u32 turn;
	__u64 interval;		/* ns between two starts of the generator */
	__u64 due;
	__u64 started;		/* requests that the generator sent */
	__u64 inside;		/* the first eight bytes of the phones' address as text, as they have it, and */
	__u64 outside;		/* as the server has to see it */
	__u8 stations[12];	/* of what phones send: to, from */
	__u16 port;		/* the first phone's, and */
	__u16 media;		/* its one for media, host byte order; phones are two ports apart there */
	__be32 addresses[2];	/* of what phones send: from, to */
};

/* For each processor. */
struct sip_results {
	__u64 answers;		/* that came to phones as they should */
	__u64 rewritten;	/* requests that came to the server with the phones' address as it should be, everywhere */
	__u64 strange;		/* anything that should not have come */
	__u64 lost;		/* requests whose answer did not come in time */
	__u64 latencies[TRAFFIC_LATENCIES];
};

#endif
