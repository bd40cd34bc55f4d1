// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes repeated test-runs of a program that changes its packet. A repeated run gets the frame as the last one left it:
 * translated, its time to live one less, for another station. So the rotator runs first: it writes anew all that the
 * program changes, for one flow after the other, and calls the program. What it takes by itself is seen by calling
 * `empty` in the program's place.
 *
 * Flows differ in their source address, which is computed, not looked up: the caches belong to the program. Checksums
 * are those of flow 0 for all flows: a program that updates checksums does not notice. Fields are written as wide as a
 * program reads them, because a read of two writes waits for both.
 */
#include "rotation.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

struct rotation rotation SEC(".data.rotation") = { .flows = 1 };

static __always_inline void write_station(__u8 *to, const __u8 *station)
{
	*(__u32 *)to = *(const __u32 *)station;
	*(__u16 *)(to + 4) = *(const __u16 *)(station + 4);
}

static __always_inline void write_packet(struct iphdr *ip, struct udphdr *udp)
{
	__u32 flow = rotation.flow;

	rotation.flow = flow + 1 < rotation.flows ? flow + 1 : 0;
	ip->ttl = rotation.hops;
	ip->check = rotation.ip_checksum;
	ip->saddr = bpf_htonl(rotation.source + flow);
	ip->daddr = rotation.destination;
	udp->source = rotation.ports[0];
	udp->dest = rotation.ports[1];
	udp->check = rotation.udp_checksum;
}

SEC("xdp")
int rotator(struct xdp_md *context)
{
	struct ethhdr *ethernet = (void *)(long)context->data;
	void *network = ethernet + 1;

	if (network + 4 + sizeof(struct iphdr) + sizeof(struct udphdr) > (void *)(long)context->data_end)
		return XDP_ABORTED;
	write_station(ethernet->h_dest, rotation.station);
	if (rotation.tags) {
		*(__be16 *)network = rotation.vlan;
		network += 4;
	}
	write_packet(network, network + sizeof(struct iphdr));
	bpf_tail_call(context, &next, 0);
	return XDP_ABORTED;
}

/* What any program pays. */
SEC("xdp")
int empty(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

/* The least that sends a frame somewhere: back, with its stations exchanged. */
SEC("xdp")
int bare(struct xdp_md *context)
{
	struct ethhdr *ethernet = (void *)(long)context->data;
	__u8 station[ETH_ALEN];

	if ((void *)(ethernet + 1) > (void *)(long)context->data_end)
		return XDP_ABORTED;
	write_station(station, ethernet->h_dest);
	write_station(ethernet->h_dest, ethernet->h_source);
	write_station(ethernet->h_source, station);
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
