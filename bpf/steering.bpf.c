// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDP program: decides, for every frame that a configured card receives, whether it passes to the kernel, goes
 * to a worker, or is translated and sent on from here. The headers are in the order in which a packet meets them.
 *
 * Invariants:
 *   - a packet that passes or goes to a worker leaves this program as it came: the way out is known before the
 *     first byte is changed;
 *   - every packet has one verdict, and its verdict is its counter;
 *   - a packet that is none of the gateway's meets no hash table and no helper of the kernel: each costs as much as
 *     all the rest of its way.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "steering.h"

#include "maps.h"

#include "packet.h"

#include "checksum.h"
#include "wayout.h"

#include "stream.h"

#include "flow.h"

#include "pinhole.h"

#include "service.h"

#include "fragment.h"

#include "icmp.h"

char _license[] SEC("license") = "GPL";

/* The last verdict of each kind; see the order of STEERING_COUNTERS. */
#define LAST_PASS steering_counter_pass_down
#define LAST_STEER steering_counter_steer_card
#define LAST_FORWARD steering_counter_forward_icmp

/* ---- what a packet is ---- */

/* A packet of a flow, or the first one through a pinhole. */
static __always_inline enum steering_counter forward_ipv4(struct packet *packet)
{
	struct steering_tuple tuple = tuple_ipv4(packet);
	struct steering_tuple door = tuple;
	struct steering_flow *flow = bpf_map_lookup_elem(&flows, &tuple);
	const struct steering_pinhole *found;
	struct steering_pinhole pinhole;
	enum steering_counter verdict;

	if (flow)
		return forward(packet, flow, steering_counter_forward_flow);
	door.source_port = 0;
	found = bpf_map_lookup_elem(&pinholes, &door);
	if (!found || !tuple.source_port)
		return UNDECIDED;
	pinhole = *found;
	verdict = try_pinhole(packet, &pinhole);
	if (verdict == UNDECIDED)
		verdict = claim_pinhole(packet, &tuple, &pinhole);
	if (verdict != steering_counter_forward_pinhole)
		return verdict;
	flow = bpf_map_lookup_elem(&flows, &tuple);
	return flow ? forward(packet, flow, verdict) : steering_counter_drop_flow_full;
}

static __always_inline enum steering_counter forward_ipv6(struct packet *packet)
{
	struct ipv6hdr *ip = packet->network;
	struct steering_tuple6 tuple = {
		.source_port = packet->ports.source,
		.destination_port = packet->ports.destination,
		.protocol = packet->protocol,
		.side = packet->side,
	};
	struct steering_tuple6 door;
	struct steering_flow *flow;
	const struct steering_pinhole *found;
	struct steering_pinhole pinhole;
	enum steering_counter verdict;

	__builtin_memcpy(&tuple.source, &ip->saddr, sizeof(tuple.source));
	__builtin_memcpy(&tuple.destination, &ip->daddr, sizeof(tuple.destination));
	flow = bpf_map_lookup_elem(&flows6, &tuple);
	if (flow)
		return forward(packet, flow, steering_counter_forward_flow);
	door = tuple;
	door.source_port = 0;
	found = bpf_map_lookup_elem(&pinholes6, &door);
	if (!found || !tuple.source_port)
		return UNDECIDED;
	pinhole = *found;
	verdict = try_pinhole(packet, &pinhole);
	if (verdict == UNDECIDED)
		verdict = claim_pinhole(packet, &tuple, &pinhole);
	if (verdict != steering_counter_forward_pinhole)
		return verdict;
	flow = bpf_map_lookup_elem(&flows6, &tuple);
	return flow ? forward(packet, flow, verdict) : steering_counter_drop_flow_full;
}

static __always_inline enum steering_counter decide_ipv4(struct packet *packet)
{
	enum steering_counter verdict = read_ipv4(packet);

	if (verdict == steering_counter_pass_fragment)
		return serve_fragment(packet);
	if (verdict != UNDECIDED)
		return verdict;
	if (packet->protocol == IPPROTO_ICMP)
		return forward_error(packet);
	verdict = read_transport(packet);
	if (verdict == UNDECIDED && may_be_known_ipv4(packet))
		verdict = forward_ipv4(packet);
	return verdict == UNDECIDED ? serve_ipv4(packet) : verdict;
}

static __always_inline enum steering_counter decide_ipv6(struct packet *packet)
{
	enum steering_counter verdict = read_ipv6(packet);

	if (verdict == UNDECIDED)
		verdict = read_transport(packet);
	if (verdict == UNDECIDED && may_be_known_ipv6(packet))
		verdict = forward_ipv6(packet);
	return verdict == UNDECIDED ? serve_ipv6(packet) : verdict;
}

static __always_inline enum steering_counter decide(struct packet *packet)
{
	enum steering_counter verdict = read_frame(packet);

	if (verdict != UNDECIDED)
		return verdict;
	if (packet->ethertype == bpf_htons(ETH_P_IP))
		return decide_ipv4(packet);
	if (packet->ethertype == bpf_htons(ETH_P_IPV6))
		return decide_ipv6(packet);
	return steering_counter_pass_protocol;
}

/* ---- what becomes of it ---- */

/*
 * To the worker of the receiving queue. If none lives, the traffic of services goes as the operator chose; a packet of
 * a flow is dropped in any case, because the kernel knows nothing of its connection and would reset it.
 */
static __always_inline int hand_over(const struct packet *packet, enum steering_counter *verdict)
{
	int is_service = *verdict <= steering_counter_steer_icmp;
	int action = is_service && settings.when_down == XDP_PASS ? XDP_PASS : XDP_DROP;
	__u32 queue = packet->context->rx_queue_index;

	if (queue < packet->link->sockets)
		action = bpf_redirect_map(&sockets, packet->link->first_socket + queue, action);
	if (action == XDP_PASS)
		*verdict = steering_counter_pass_down;
	else if (action != XDP_REDIRECT)
		*verdict = is_service ? steering_counter_drop_down : steering_counter_drop_flow_down;
	return action;
}

static __always_inline void count(__u32 verdict)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &verdict);

	if (value)
		*value += 1;
}

SEC("xdp")
int sallyport(struct xdp_md *context)
{
	struct packet packet = {
		.context = context,
		.end = (void *)(long)context->data_end,
		.generation = READ_ONCE(settings.generation),
	};
	enum steering_counter verdict = decide(&packet);
	int action = XDP_DROP;

	if (verdict <= LAST_PASS)
		action = XDP_PASS;
	else if (verdict <= LAST_STEER)
		action = hand_over(&packet, &verdict);
	else if (verdict <= LAST_FORWARD)
		action = XDP_REDIRECT;
	count(verdict);
	return action;
}
