/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The contract between the rotator (Traffic/rotator.bpf.c) and Swift: what it writes into a frame before every run.
 * Network byte order, where nothing else is said.
 */
#ifndef ROTATION_H
#define ROTATION_H

#include <linux/types.h>

struct rotation {
	__u32 flows;		/* to take in turns, host byte order; not 0 */
	__u32 flow;		/* whose turn it is */
	__u32 source;		/* the source address of flow 0, host byte order; the others' follow it */
	__be32 destination;
	__be16 ports[2];
	__be16 ip_checksum;
	__be16 udp_checksum;
	__u32 tags;		/* VLAN tags of the frame, host byte order: 0 or 1 */
	__be16 vlan;		/* the tag's control word */
	__u8 station[6];	/* that the frame is for */
	__u8 hops;
	__u8 zero[3];
};

#endif
