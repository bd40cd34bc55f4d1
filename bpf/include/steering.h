/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The contract between the XDP program (steering.bpf.c) and the Swift side: map keys, map values, counters.
 * Both compile this header; layout.c pins its layout. No member needs implicit padding, so that a key is
 * hashed from defined bytes only.
 *
 * Byte order: addresses, ports and VLAN tags of packets are in network byte order (__be*), everything else is
 * the host's. Time is counted in ticks of one second, published by user space in steering_settings.tick.
 */
#ifndef STEERING_H
#define STEERING_H

#include <linux/types.h>

#pragma clang assume_nonnull begin

/* Where a packet arrives: the two sides of the gateway. */
enum steering_side {
	STEERING_INSIDE = 0,
	STEERING_OUTSIDE = 1,
};

/* Capacities that both sides must agree on; the maps that grow with the traffic are sized at load time instead. */
enum steering_limits {
	STEERING_CARDS_MAX = 4096,	/* interface numbers below it find their link without a hash */
	STEERING_LINKS_MAX = 256,	/* links with VLAN tags, or of higher interface numbers */
	STEERING_EXITS_MAX = 256,	/* ways out */
	STEERING_ADDRESSES_MAX = 4096,	/* the router's own addresses */
	STEERING_SOCKETS_MAX = 1024,	/* AF_XDP sockets: interfaces times queues */
	STEERING_TAGS_MAX = 2,		/* VLAN tags on a frame */
	STEERING_FILTER_LINE = 16,	/* filter cells in one entry of their map: a cache line */
	STEERING_HOP_SECONDS = 8,	/* how long a flow believes in its next hop without asking again */
	STEERING_STREAMS_MAX = 0xffffff,	/* RTP streams that flows can name */
	STEERING_STREAM_WINDOW = 64,	/* sequence numbers that a stream remembers */
	STEERING_STREAM_NO_JUMP = 0x10000,
	STEERING_MEDIA_MARKED = 0x100,	/* in media_tos: there is one */
	STEERING_CLOCK_RATE_MAX = 3000000,	/* Hz, that steering_clock_units can do */
};

/* An address of either family; IPv4 stands in the first word, the others are 0. */
struct steering_address {
	__be32 word[4];
};

/*
 * An IPv4 packet as it arrives; the key of a flow. With source_port 0, the key of a pinhole. Key and flow, behind the
 * 48 bytes that the kernel keeps for an entry, fill two cache lines: a flow costs three with its bucket.
 */
struct steering_tuple {
	__be32 source;
	__be32 destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;	/* IPPROTO_TCP or IPPROTO_UDP */
	__u8 side;	/* enum steering_side */
	__u16 zero;
};

/* The same of an IPv6 packet, which is never translated. */
struct steering_tuple6 {
	struct steering_address source;
	struct steering_address destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	__u8 side;
	__u16 zero;
};

/* An IPv4 packet as it leaves. All 0 for IPv6, which leaves as it came. */
struct steering_translation {
	__be32 source;
	__be32 destination;
	__be16 source_port;	/* in a pinhole, 0 means: as the packet brings it */
	__be16 destination_port;
};

/*
 * Where the packets of a flow go next, as the kernel's tables said once. Each word is read and written whole, and
 * `proof` is written last and read first: whoever finds a current proof finds the words that it proves, or newer
 * ones. Only the XDP program writes here; 0 proves nothing.
 */
struct steering_hop {
	__u64 proof;	/* from the top: 32 bits of generation, 8 of DSCP, 24 of the tick at which it was asked */
	__u64 to;	/* struct steering_hop_end: the next station, and the number of the way out */
	__u64 from;	/* likewise: the station of the way out, and the largest IP packet that fits, in bytes */
};

/* Two words of a hop, in the order of memory. */
struct steering_hop_end {
	__u8 station[6];
	__u16 number;
};

/* What a flow has carried that ends it; and what user space makes of it. */
enum steering_flow_flag {
	STEERING_FLOW_FIN = 1,
	STEERING_FLOW_RST = 2,
	STEERING_FLOW_WORKER = 4,	/* its packets are a worker's: service traffic whose ports do not say so */
	STEERING_FLOW_STREAM_SHIFT = 8,	/* above these bits: the number of its stream; 0 is none, else its index + 1 */
};

/*
 * One direction of a data connection. The first packet through a pinhole creates both directions at once; user
 * space deletes them. The newest connection wins a key that an older one left behind (a server's port 20 meets the
 * same client port again), so that whoever deletes a direction first looks whether it is still the other's reverse.
 */
struct steering_flow {
	struct steering_translation leaves;
	__u32 conversation;	/* the pinhole's, for the command line */
	__u32 last_seen;	/* tick of the newest packet */
	__u32 flags;		/* enum steering_flow_flag, of this direction; once in the map, changed by atomic or */
	__u64 packets;		/* these two are added to atomically: any queue may receive a flow */
	__u64 bytes;		/* of the IP packets */
	struct steering_hop hop;
};

/*
 * What XDP sees of the RTP packets of a flow (RFC 3550). User space makes all of it 0 but the clock rate before it puts
 * the flow into the map; then only the program writes, while the flow is there. It follows one source at a time: with
 * another SSRC the sequence begins anew.
 *
 * Plain updates are right because one processor at a time counts the packets of a flow: addresses and ports are the
 * same, so that the card puts them into one queue. For the moment in which flows are put into other queues (a new
 * indirection table), two may: then one can undo what the other has counted of its packet, or fill a gap twice. So can
 * the packet that still holds a flow when user space removes it, if the stream is another flow's at once. Figures that
 * are wrong by so much are all that becomes of it: nothing else depends on a stream.
 */
struct steering_stream {
	__u64 window;		/* bit n: the sequence number n below the highest has come; 0 before the first packet */
	__u32 highest;		/* sequence number, extended by the cycles since the sequence began (A.1) */
	__u32 after_jump;	/* the sequence number that would prove the last jump (A.1); NO_JUMP is none */
	__u32 ssrc;		/* host byte order */
	__u32 transit;		/* of the last packet, in units of its clock, from an unknown zero (A.8) */
	__u32 jitter;		/* in 1/16 units of its clock (A.8) */
	__u32 clock_rate;	/* Hz, up to CLOCK_RATE_MAX; 0 is unknown: no jitter, and no look at the clock */
	__u32 packets;		/* of RTP, all of those below included; modulo 2^32, as in a sender report */
	__u32 lost;		/* sequence numbers that have been passed over and have not come since */
	__u32 duplicates;
	__u32 reordered;	/* came late, but within the window: they filled a gap, or were before the first */
	__u32 late;		/* further back than the window, which does not know any more whether they fill a gap */
	__u32 strays;		/* behind a jump that no second packet has proven */
	__u32 restarts;		/* sequences begun anew: another SSRC, or a jump that a second packet has proven */
	__u8 payload_type;
	__u8 span;		/* how much of the window is not before the sequence's first packet */
	__u8 zero[2];
};

/* A door that opens once, by its claim. */
struct steering_pinhole {
	struct steering_translation leaves;
	__u32 conversation;
	__u32 expires;	/* tick from which on it is shut */
	__u32 claim;	/* index of its word in the claim map */
	__u32 serial;	/* what that word must begin with */
};

/*
 * A claim is one word, changed only by compare-and-swap: serial << 32 | state << 16 | port of the first packet (__be16
 * as a number). It decides between the first packet and user space, which shuts the door: exactly one of them wins.
 * The serial keeps a packet that still holds an old door from winning the new one that stands at its place.
 */
enum steering_claim {
	STEERING_CLAIM_OPEN = 0,	/* the port is 0 */
	STEERING_CLAIM_TAKEN = 1,	/* the program is making the two flows; it goes on to USED, or back to OPEN */
	STEERING_CLAIM_USED = 2,	/* the two flows are there */
	STEERING_CLAIM_SHUT = 3,	/* by user space */
};

/* An interface as frames name it: the card they arrive on, and their VLAN tags from the outermost inwards,
 * as they stand in the frame (0x8100 and 0x88a8 alike; only the 12 bits of the VLAN number count). */
struct steering_link_key {
	__u32 ifindex;
	__u16 vlan[STEERING_TAGS_MAX];	/* host byte order; 0 is no tag */
};

/* Untagged links stand in a table, at their card's number; the others, and those of high numbers, in a hash. */
struct steering_link {
	__u32 ifindex;		/* the kernel's interface for it: the card itself, or the VLAN device on it; 0 is none */
	__u32 first_socket;	/* index of queue 0 of this card in the socket map */
	__u32 sockets;		/* queues 0 to sockets - 1 of this card are served; others count as down */
	__u8 mac[6];		/* frames to another address are not ours */
	__u8 side;		/* enum steering_side */
	__u8 zero;
};

/* A way out. Its number is its index in its table and in the device map; the kernel's interface number leads to it. */
struct steering_exit {
	__be16 protocol[STEERING_TAGS_MAX];	/* of each tag, outermost first: 0x8100 or 0x88a8; 0 is no tag */
	__be16 vlan[STEERING_TAGS_MAX];
	__u8 side;		/* enum steering_side; services from inside are the gateway's only if they go outside */
	__u8 zero[3];
};

/* What an address of the router is to the gateway; value of the address map. */
enum steering_address_use {
	STEERING_ADDRESS_LOCAL = 1,	/* the kernel answers it: never steered from inside */
	STEERING_ADDRESS_PUBLIC = 2,	/* NAT's: its port block belongs to the gateway */
};

/*
 * Which traffic to a port is steered. A binding is a public port that stands for an inside host's (SIP over UDP), and a
 * contact one of an inside host's TCP connection (SIP over TCP), or one to which media over TCP are to be connected: what
 * comes to them from outside without a flow is steered whatever its source port. So is what comes without a flow to a
 * public port of media that may still come from elsewhere than was announced (RFC 7362). All are ports of the block, and
 * no port of the block is a service's, which the configuration refuses: so each of these bytes has one writer, and a port
 * of the block no bit but these three.
 *
 * They hold for the port of every public address, and are set while it stands for something on any of them. What comes to
 * the port of another one is dropped by the worker that the port belongs to, and missed by nobody: the block is the
 * gateway's on all of them.
 */
enum steering_service {
	STEERING_SERVICE_TCP4 = 1,
	STEERING_SERVICE_UDP4 = 2,
	STEERING_SERVICE_TCP6 = 4,
	STEERING_SERVICE_UDP6 = 8,
	STEERING_SERVICE_BINDING = 16,	/* UDP over IPv4, to a public address */
	STEERING_SERVICE_MEDIA = 32,	/* the same */
	STEERING_SERVICE_CONTACT = 64,	/* TCP over IPv4, to a public address */
};

/* What all packets have in common; mapped into user space. Media are UDP flows over IPv4. */
struct steering_settings {
	__u32 tick;		/* one thread publishes it */
	__u32 generation;	/* never 0; another one makes the program ask the kernel's tables, and its own, again */
	__u32 when_down;	/* XDP_DROP or XDP_PASS: steered traffic of a queue that no socket serves */
	__u32 filter_shift;	/* 64 less the binary logarithm of the number of filter cells */
	__u16 port_first;	/* the block, inclusive; 0 and 0 without NAT */
	__u16 port_last;
	__u32 media_tos;	/* MEDIA_MARKED | DSCP << 2: what media leave with; 0: what they came with */
	__u32 media_byte_time;	/* what a byte of a stream takes at its highest rate, in ns / 256; 0: there is none */
};

/* What packets look up by a number; mapped into user space, too: an access without a lookup. */
struct steering_tables {
	struct steering_link cards[STEERING_CARDS_MAX];	/* untagged links by the card's interface number */
	struct steering_exit exits[STEERING_EXITS_MAX];
	__u8 services[65536];	/* enum steering_service, by the port in host byte order */
};

#ifdef __bpf__
#define STEERING_INLINE static inline __attribute__((always_inline))
#else
#define STEERING_INLINE static inline __attribute__((always_inline, swift_attr("@_noLocks")))
#endif

/*
 * The filter spares other traffic the hash tables. It has a cell for each pair of addresses, by hash, which counts the
 * pinholes and flows between the two: user space adds before it opens a pinhole, and subtracts when pinhole and flows
 * have gone. 0 means that there is none; anything else, that it is worth while to look. An IPv4 data connection counts
 * in two cells: packets from inside show the inside address, those from outside the public one.
 */
/* Fibonacci hashing: the upper bits of the product depend on all of the pair. */
STEERING_INLINE __u32 steering_filter_cell(__be32 near, __be32 far, __u32 shift)
{
	return (((__u64)near << 32 | far) * 0x9e3779b97f4a7c15) >> shift;
}

/* `near` is the address on the inside. */
STEERING_INLINE __u32 steering_filter_cell6(const struct steering_address *near, const struct steering_address *far,
					    __u32 shift)
{
	__u64 sum = 0;

	for (int i = 0; i < 4; i++)
		sum = (sum ^ ((__u64)near->word[i] << 32 | far->word[i])) * 0x9e3779b97f4a7c15;
	return sum >> shift;
}

/*
 * A time in units of a clock, modulo 2^32: nanoseconds * rate / 10^9, but by multiplication, because a division can
 * take as long as all the rest. Times come out as far apart as they are, but for one unit, and two more for each 1000
 * seconds.
 */
STEERING_INLINE __u32 steering_clock_units(__u64 nanoseconds, __u32 rate)
{
	__u64 scale = (__u64)rate * 1152921505 >> 20;	/* 2^40 / 10^9 each */

	return ((nanoseconds >> 32) * scale + ((nanoseconds & 0xffffffff) * scale >> 32)) >> 8;
}

/* The jitter, in 1/16 units, after a packet whose transit time differed so much from the last one's (A.8). */
STEERING_INLINE __u32 steering_jitter(__u32 jitter, __u32 difference)
{
	return jitter + (difference >> 31 ? -difference : difference) - ((jitter + 8) >> 4);
}

/*
 * Every packet that the program sees counts in exactly one of these; `sallyport counters` shows them. The order
 * matters: first what passes, then what goes to a worker, what is forwarded, what is dropped.
 * X(name, meaning)
 */
#define STEERING_COUNTERS(X) \
	X(pass_other, "passed: no service, flow or pinhole of the gateway") \
	X(pass_link, "passed: came by an interface or VLAN that is not configured") \
	X(pass_ethernet, "passed: multicast, or for another station") \
	X(pass_protocol, "passed: neither TCP, UDP nor an ICMP error") \
	X(pass_short, "passed: headers cut off or malformed") \
	X(pass_fragment, "passed: IP fragment") \
	X(pass_local, "passed: a service port of the router itself") \
	X(pass_elsewhere, "passed: service traffic from inside whose way does not lead outside, or ends here") \
	X(pass_down, "passed: service traffic while no worker served its queue") \
	X(steer_service, "to the worker: control conversation") \
	X(steer_fragment, "to the worker: IP fragment of a control conversation, or before its first from who sends such") \
	X(steer_icmp, "to the worker: ICMP error about a control conversation") \
	X(steer_media, "to the worker: media from elsewhere than was announced, while that may be (RFC 7362)") \
	X(steer_expiring, "to the worker: flow packet whose TTL ends here") \
	X(steer_neighbour, "to the worker: flow packet whose next hop has no neighbour entry yet") \
	X(steer_big, "to the worker: flow packet too big for its way out") \
	X(steer_unroutable, "to the worker: flow packet without a route out of a configured interface") \
	X(steer_card, "to the worker: flow packet for a card that does not take it from XDP") \
	X(forward_flow, "translated and sent: flow") \
	X(forward_pinhole, "translated and sent: first packet through a pinhole") \
	X(forward_icmp, "translated and sent: ICMP error about a flow") \
	X(drop_expired_pinhole, "dropped: pinhole past its time") \
	X(drop_claimed_pinhole, "dropped: pinhole already used, or shut") \
	X(drop_pinhole_state, "dropped: first packet through a pinhole is not a SYN") \
	X(drop_flow_full, "dropped: flow table full") \
	X(drop_rate, "dropped: media above the rate of a stream (sip.media-kbit)") \
	X(drop_down, "dropped: service traffic while no worker served its queue") \
	X(drop_flow_down, "dropped: flow packet that needs a worker, on a queue that none served") \
	X(drop_room, "dropped: no room to change the frame")

enum steering_counter {
#define X(name, meaning) steering_counter_##name,
	STEERING_COUNTERS(X)
#undef X
	STEERING_COUNTER_COUNT,
};

#ifndef __bpf__
/* struct steering_tables for Swift, which has no arrays of this size. Each index is below its array's size. */
struct steering_link *steering_card(void *tables, __u32 card);
struct steering_exit *steering_exit_at(void *tables, __u32 number);
__u8 *steering_services(void *tables, __u16 port) __attribute__((swift_attr("@_noLocks")));
__u64 steering_tables_size(void);

/* Name and meaning of a counter, for user space (layout.c); null past the end. */
const char *_Null_unspecified steering_counter_name(unsigned int counter);
const char *_Null_unspecified steering_counter_meaning(unsigned int counter);
#endif

#pragma clang assume_nonnull end

#endif
