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

/* Where a packet arrives: the two sides of the gateway. */
enum steering_side {
	STEERING_INSIDE = 0,
	STEERING_OUTSIDE = 1,
};

/* Capacities that both sides must agree on; the flow and pinhole maps are sized at load time instead. */
enum steering_limits {
	STEERING_LINKS_MAX = 256,	/* (interface, VLAN) pairs */
	STEERING_ADDRESSES_MAX = 4096,	/* the router's own addresses */
	STEERING_SOCKETS_MAX = 1024,	/* AF_XDP sockets: interfaces times queues */
	STEERING_TAGS_MAX = 2,		/* VLAN tags on a frame */
};

/* An address of either family; IPv4 stands in the first word, the others are 0. */
struct steering_address {
	__be32 word[4];
};

/* A packet as it arrives; the key of a flow. With source_port 0, the key of a pinhole. */
struct steering_tuple {
	struct steering_address source;
	struct steering_address destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;	/* IPPROTO_TCP or IPPROTO_UDP */
	__u8 family;	/* 4 or 6 */
	__u8 side;	/* enum steering_side */
	__u8 zero;
};

/* A packet as it leaves. For IPv6 the addresses and ports equal those of the tuple: nothing is translated. */
struct steering_translation {
	struct steering_address source;
	struct steering_address destination;
	__be16 source_port;	/* in a pinhole, 0 means: as the packet brings it */
	__be16 destination_port;
};

/* What a flow has carried that ends it. */
enum steering_flow_flag {
	STEERING_FLOW_FIN = 1,
	STEERING_FLOW_RST = 2,
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
	__u32 flags;		/* enum steering_flow_flag, seen in this direction */
	__u64 packets;
	__u64 bytes;		/* of the IP packets */
};

/*
 * A door that opens once. claimed_port is 0 until the first packet takes it by compare-and-swap; then it holds that
 * packet's source port, from which user space knows the keys of both flows. A full flow table gives the claim back.
 */
struct steering_pinhole {
	struct steering_translation leaves;
	__u32 conversation;
	__u32 expires;		/* tick from which on it is shut */
	__u32 claimed_port;	/* a __be16 in 32 bits, for the atomic operation */
	__u32 zero;
};

/* An interface as frames name it: the card they arrive on, and their VLAN tags from the outermost inwards,
 * as they stand in the frame (0x8100 and 0x88a8 alike; only the 12 bits of the VLAN number count). */
struct steering_link_key {
	__u32 ifindex;
	__u16 vlan[STEERING_TAGS_MAX];	/* host byte order; 0 is no tag */
};

struct steering_link {
	__u32 ifindex;		/* the kernel's interface for it: the card itself, or the VLAN device on it */
	__u32 first_socket;	/* index of queue 0 of this card in the socket map */
	__u32 sockets;		/* queues 0 to sockets - 1 of this card are served; others count as down */
	__u8 mac[6];		/* frames to another address are not ours */
	__u8 side;		/* enum steering_side */
	__u8 zero;
};

/* The way out, by the kernel's interface number that the route lookup gives. */
struct steering_egress {
	__u32 ifindex;		/* the card; key of the device map */
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

/* Which traffic to a port is steered; value of the service map, whose index is the port in host byte order. */
enum steering_service {
	STEERING_SERVICE_TCP4 = 1,
	STEERING_SERVICE_UDP4 = 2,
	STEERING_SERVICE_TCP6 = 4,
	STEERING_SERVICE_UDP6 = 8,
};

/* The one entry of the settings map, which is mapped into user space. */
struct steering_settings {
	__u32 tick;
	__u32 when_down;	/* XDP_DROP or XDP_PASS: steered traffic of a queue that no socket serves */
	__u16 port_first;	/* the block, inclusive; 0 and 0 without NAT */
	__u16 port_last;
	__u32 zero;
};

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
	X(steer_icmp, "to the worker: ICMP error about a control conversation") \
	X(steer_expiring, "to the worker: flow packet whose TTL ends here") \
	X(steer_neighbour, "to the worker: flow packet whose next hop has no neighbour entry yet") \
	X(steer_big, "to the worker: flow packet too big for its way out") \
	X(steer_unroutable, "to the worker: flow packet without a route out of a configured interface") \
	X(forward_flow, "translated and sent: flow") \
	X(forward_pinhole, "translated and sent: first packet through a pinhole") \
	X(forward_icmp, "translated and sent: ICMP error about a flow") \
	X(drop_expired_pinhole, "dropped: pinhole past its time") \
	X(drop_claimed_pinhole, "dropped: pinhole already used by another port") \
	X(drop_pinhole_state, "dropped: first packet through a pinhole is not a SYN") \
	X(drop_flow_full, "dropped: flow table full") \
	X(drop_down, "dropped: service traffic while no worker served its queue") \
	X(drop_room, "dropped: no room to change the frame")

enum steering_counter {
#define X(name, meaning) steering_counter_##name,
	STEERING_COUNTERS(X)
#undef X
	STEERING_COUNTER_COUNT,
};

/* Name and meaning of a counter, for user space (layout.c); null past the end. */
#ifndef __bpf__
const char *steering_counter_name(unsigned int counter);
const char *steering_counter_meaning(unsigned int counter);
#endif

#endif
