// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDP program: decides, for every frame that a configured card receives, whether it passes to the kernel, goes
 * to a worker, or is translated and sent on from here. In the order in which a packet meets them: frame, network
 * header, transport header, flow, pinhole, service.
 *
 * Invariants:
 *   - a packet that passes or goes to a worker leaves this program as it came: the way out is known before the
 *     first byte is changed;
 *   - every packet has one verdict, and its verdict is its counter;
 *   - a checksum that was wrong stays wrong: all of them are updated, none is made anew (RFC 1624).
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

char _license[] SEC("license") = "GPL";

/* Maps whose size is 1 here are sized by user space when it loads the program. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct steering_tuple);
	__type(value, struct steering_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct steering_tuple);
	__type(value, struct steering_pinhole);
} pinholes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEERING_LINKS_MAX);
	__type(key, struct steering_link_key);
	__type(value, struct steering_link);
} links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEERING_LINKS_MAX);
	__type(key, __u32);
	__type(value, struct steering_egress);
} egress SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEERING_ADDRESSES_MAX);
	__type(key, struct steering_address);
	__type(value, __u32);
} addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct steering_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STEERING_COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, STEERING_LINKS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, STEERING_SOCKETS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

/* A function that has nothing against a packet returns this, and the next one looks at it. */
#define UNDECIDED STEERING_COUNTER_COUNT

/* The last verdict of each kind; see the order of STEERING_COUNTERS. */
#define LAST_PASS steering_counter_pass_down
#define LAST_STEER steering_counter_steer_unroutable
#define LAST_FORWARD steering_counter_forward_icmp

/* More extension headers than a sane sender chains (RFC 8200 section 4.1 recommends each at most once). */
#define EXTENSIONS_MAX 8

/* What the kernel's headers do not export, or not without those of the C library. */
#define IP_OFFSET 0x1fff
#define IP_MORE_FRAGMENTS 0x2000
#define FAMILY_IPV4 2 /* AF_INET */
#define FAMILY_IPV6 10 /* AF_INET6 */

enum icmp_error {
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
};

/* An ICMP error up to the packet that it quotes (RFC 792). */
struct icmp_header {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 rest;
};

struct vlan_tag {
	__be16 control;
	__be16 protocol;
};

/* The bits of the fourteenth byte of a TCP header (RFC 9293 section 3.1). */
enum tcp_flag {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_ACK = 16,
};

/* The two ports that TCP and UDP both begin with. */
struct port_pair {
	__be16 source;
	__be16 destination;
};

/* A packet on its way through this program. The headers point into the frame. */
struct packet {
	struct xdp_md *context;
	void *end;			/* of the frame */
	void *network;
	void *transport;
	const struct steering_link *link;
	__u32 length;			/* of the IP packet, bytes */
	__u32 payload;			/* bytes of the IP packet from the transport header on */
	__u32 tags;			/* VLAN tags that it came with */
	__be16 ethertype;
	__u8 tcp_flags;			/* enum tcp_flag; 0 if it is not TCP */
	__sum16 *checksum;		/* of TCP or UDP */
	struct steering_tuple tuple;
};

/* The next hop, and the card and tags that lead there. */
struct way_out {
	struct bpf_fib_lookup hop;
	const struct steering_egress *egress;
};

static __always_inline const struct steering_settings *current_settings(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&settings, &only);
}

static __always_inline __u32 now(void)
{
	const struct steering_settings *current = current_settings();

	return current ? current->tick : 0;
}

/* ---- checksums (RFC 1624 equation 3) ---- */

/* What a checksum must be told when a field changes. A handful of these may be added up before they are folded. */
static __always_inline __u32 change16(__u16 from, __u16 to)
{
	return (__u16)~from + to;
}

static __always_inline __u32 change32(__u32 from, __u32 to)
{
	return change16(from, to) + change16(from >> 16, to >> 16);
}

static __always_inline __u16 updated(__u16 checksum, __u32 change)
{
	__u32 sum = (__u16)~checksum + change;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* A UDP checksum of 0 says that there is none; one that comes out as 0 is sent as all ones (RFC 768). */
static __always_inline __u16 updated_udp(__u16 checksum, __u32 change)
{
	if (!checksum)
		return 0;
	return updated(checksum, change) ?: 0xffff;
}

/* ---- frame ---- */

static __always_inline int is_vlan(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

static __always_inline int same_station(const __u8 *a, const __u8 *b)
{
	const __u16 *x = (const __u16 *)a, *y = (const __u16 *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
}

/* Ethernet header and VLAN tags: which link is it, and is the frame for us? */
static __always_inline enum steering_counter read_frame(struct packet *packet)
{
	struct ethhdr *ethernet = (void *)(long)packet->context->data;
	struct vlan_tag *tag = (void *)(ethernet + 1);
	struct steering_link_key key = { .ifindex = packet->context->ingress_ifindex };

	if ((void *)tag > packet->end)
		return steering_counter_pass_short;
	packet->ethertype = ethernet->h_proto;
#pragma unroll
	for (int i = 0; i < STEERING_TAGS_MAX; i++) {
		if (!is_vlan(packet->ethertype))
			break;
		if ((void *)(tag + 1) > packet->end)
			return steering_counter_pass_short;
		key.vlan[i] = bpf_ntohs(tag->control) & 0xfff;
		packet->ethertype = tag->protocol;
		packet->tags++;
		tag++;
	}
	packet->network = tag;
	packet->link = bpf_map_lookup_elem(&links, &key);
	if (!packet->link)
		return steering_counter_pass_link;
	if (!same_station(ethernet->h_dest, packet->link->mac))
		return steering_counter_pass_ethernet;
	packet->tuple.side = packet->link->side;
	return UNDECIDED;
}

/* ---- network header ---- */

static __always_inline enum steering_counter read_ipv4(struct packet *packet)
{
	struct iphdr *ip = packet->network;
	__u32 header;

	if ((void *)(ip + 1) > packet->end || ip->version != 4)
		return steering_counter_pass_short;
	header = ip->ihl * 4;
	packet->length = bpf_ntohs(ip->tot_len);
	if (header < sizeof(*ip) || packet->length < header || packet->length > packet->end - packet->network)
		return steering_counter_pass_short;
	if (ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_OFFSET))
		return steering_counter_pass_fragment;
	packet->tuple.family = 4;
	packet->tuple.protocol = ip->protocol;
	packet->tuple.source.word[0] = ip->saddr;
	packet->tuple.destination.word[0] = ip->daddr;
	packet->transport = packet->network + header;
	packet->payload = packet->length - header;
	return UNDECIDED;
}

/* From the fixed header over the extension headers (RFC 8200 section 4) to the transport header. */
static __always_inline enum steering_counter read_ipv6(struct packet *packet)
{
	struct ipv6hdr *ip = packet->network;
	struct ipv6_opt_hdr *extension = (void *)(ip + 1);
	__u32 size;
	__u8 next;

	if ((void *)extension > packet->end || ip->version != 6)
		return steering_counter_pass_short;
	packet->payload = bpf_ntohs(ip->payload_len);
	packet->length = packet->payload + sizeof(*ip);
	if (packet->length > packet->end - packet->network)
		return steering_counter_pass_short;
	packet->tuple.family = 6;
	__builtin_memcpy(&packet->tuple.source, &ip->saddr, sizeof(ip->saddr));
	__builtin_memcpy(&packet->tuple.destination, &ip->daddr, sizeof(ip->daddr));
	next = ip->nexthdr;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (next == IPPROTO_FRAGMENT)
			return steering_counter_pass_fragment;
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			break;
		if ((void *)(extension + 1) > packet->end)
			return steering_counter_pass_short;
		next = extension->nexthdr;
		size = (extension->hdrlen + 1) * 8;
		if (size > packet->payload)
			return steering_counter_pass_short;
		packet->payload -= size;
		extension = (void *)extension + size;
	}
	packet->tuple.protocol = next;
	packet->transport = extension;
	return UNDECIDED;
}

static __always_inline enum steering_counter read_network(struct packet *packet)
{
	if (packet->ethertype == bpf_htons(ETH_P_IP))
		return read_ipv4(packet);
	if (packet->ethertype == bpf_htons(ETH_P_IPV6))
		return read_ipv6(packet);
	return steering_counter_pass_protocol;
}

/* ---- transport header ---- */

static __always_inline enum steering_counter read_tcp(struct packet *packet)
{
	struct tcphdr *tcp = packet->transport;

	if (packet->payload < sizeof(*tcp) || (void *)(tcp + 1) > packet->end)
		return steering_counter_pass_short;
	packet->tuple.source_port = tcp->source;
	packet->tuple.destination_port = tcp->dest;
	packet->tcp_flags = ((__u8 *)tcp)[13];
	packet->checksum = &tcp->check;
	return UNDECIDED;
}

static __always_inline enum steering_counter read_udp(struct packet *packet)
{
	struct udphdr *udp = packet->transport;

	if (packet->payload < sizeof(*udp) || (void *)(udp + 1) > packet->end)
		return steering_counter_pass_short;
	packet->tuple.source_port = udp->source;
	packet->tuple.destination_port = udp->dest;
	packet->checksum = &udp->check;
	return UNDECIDED;
}

static __always_inline enum steering_counter read_transport(struct packet *packet)
{
	if (packet->tuple.protocol == IPPROTO_TCP)
		return read_tcp(packet);
	if (packet->tuple.protocol == IPPROTO_UDP)
		return read_udp(packet);
	return steering_counter_pass_protocol;
}

/* ---- the way out ---- */

/* The kernel routes before it translates a source, so the packet's own source is what its rules match here too. */
static __always_inline int describe_ipv4(const struct packet *packet, const struct steering_address *destination,
					 struct bpf_fib_lookup *hop)
{
	struct iphdr *ip = packet->network;

	hop->family = FAMILY_IPV4;
	hop->tos = ip->tos;
	hop->ipv4_src = ip->saddr;
	hop->ipv4_dst = destination->word[0];
	return ip->ttl > 1;
}

/* The header is checked again because the verifier does not know any more that this packet is an IPv6 one. */
static __always_inline int describe_ipv6(const struct packet *packet, const struct steering_address *destination,
					 struct bpf_fib_lookup *hop)
{
	struct ipv6hdr *ip = packet->network;

	if ((void *)(ip + 1) > packet->end)
		return 0;
	hop->family = FAMILY_IPV6;
	hop->flowinfo = *(__be32 *)ip & bpf_htonl(0x0fffffff);
	__builtin_memcpy(hop->ipv6_src, &ip->saddr, sizeof(hop->ipv6_src));
	__builtin_memcpy(hop->ipv6_dst, destination, sizeof(hop->ipv6_dst));
	return ip->hop_limit > 1;
}

/* Asks the kernel's routing and neighbour tables for the way to an address. Touches nothing. */
static __always_inline enum steering_counter find_way(const struct packet *packet,
						      const struct steering_address *destination, struct way_out *way)
{
	struct bpf_fib_lookup *hop = &way->hop;
	int lives;

	hop->ifindex = packet->link->ifindex;
	hop->tot_len = packet->length;
	if (packet->tuple.family == 4)
		lives = describe_ipv4(packet, destination, hop);
	else
		lives = describe_ipv6(packet, destination, hop);
	if (!lives)
		return steering_counter_steer_expiring;
	switch (bpf_fib_lookup(packet->context, hop, sizeof(*hop), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		break;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return steering_counter_steer_neighbour;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return steering_counter_steer_big;
	default:
		return steering_counter_steer_unroutable;
	}
	way->egress = bpf_map_lookup_elem(&egress, &hop->ifindex);
	if (!way->egress || bpf_redirect_map(&ports, way->egress->ifindex, XDP_DROP) != XDP_REDIRECT)
		return steering_counter_steer_unroutable;
	return UNDECIDED;
}

/* Puts the Ethernet header and VLAN tags of the way out before the packet. Ends the packet's pointers. */
static __always_inline enum steering_counter leave(struct packet *packet, const struct way_out *way,
						   enum steering_counter sent)
{
	const struct steering_egress *out = way->egress;
	__u32 tags = !!out->protocol[0] + !!out->protocol[1];
	struct ethhdr *ethernet;
	struct vlan_tag *tag;
	void *end;

	if (tags != packet->tags &&
	    bpf_xdp_adjust_head(packet->context, ((int)packet->tags - (int)tags) * (int)sizeof(*tag)))
		return steering_counter_drop_room;
	ethernet = (void *)(long)packet->context->data;
	tag = (void *)(ethernet + 1);
	end = (void *)(long)packet->context->data_end;
	if ((void *)(tag + STEERING_TAGS_MAX) > end)
		return steering_counter_drop_room;
	__builtin_memcpy(ethernet->h_dest, way->hop.dmac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, way->hop.smac, ETH_ALEN);
	ethernet->h_proto = tags ? out->protocol[0] : packet->ethertype;
	if (tags) {
		tag[0].control = out->vlan[0];
		tag[0].protocol = tags > 1 ? out->protocol[1] : packet->ethertype;
	}
	if (tags > 1) {
		tag[1].control = out->vlan[1];
		tag[1].protocol = packet->ethertype;
	}
	return sent;
}

/* ---- flow ---- */

/* TTL minus one; returns the change for the header checksum. The TTL is the upper half of its 16-bit word. */
static __always_inline __u32 decrement_ttl(struct iphdr *ip)
{
	ip->ttl--;
	return change16(bpf_htons((ip->ttl + 1) << 8), bpf_htons(ip->ttl << 8));
}

static __always_inline void translate_ipv4(const struct packet *packet, const struct steering_translation *leaves)
{
	struct iphdr *ip = packet->network;
	struct port_pair *pair = packet->transport;
	__u32 addresses_change = change32(ip->saddr, leaves->source.word[0]) +
				 change32(ip->daddr, leaves->destination.word[0]);
	__u32 ports_change = change16(pair->source, leaves->source_port) +
			     change16(pair->destination, leaves->destination_port);

	ip->check = updated(ip->check, addresses_change + decrement_ttl(ip));
	ip->saddr = leaves->source.word[0];
	ip->daddr = leaves->destination.word[0];
	if (packet->tuple.protocol == IPPROTO_TCP)
		*packet->checksum = updated(*packet->checksum, addresses_change + ports_change);
	else
		*packet->checksum = updated_udp(*packet->checksum, addresses_change + ports_change);
	pair->source = leaves->source_port;
	pair->destination = leaves->destination_port;
}

/* Nothing but the hop limit, which no checksum covers. The check is the verifier's, as in describe_ipv6. */
static __always_inline void translate_ipv6(const struct packet *packet)
{
	struct ipv6hdr *ip = packet->network;

	if ((void *)(ip + 1) <= packet->end)
		ip->hop_limit--;
}

/* last_seen and flags are written only when they change: the entry's cache line is shared by all cores. */
static __always_inline void account(const struct packet *packet, struct steering_flow *flow)
{
	__u32 tick = now();
	__u32 flags = (packet->tcp_flags & TCP_FIN ? STEERING_FLOW_FIN : 0) |
		      (packet->tcp_flags & TCP_RST ? STEERING_FLOW_RST : 0);

	__sync_fetch_and_add(&flow->packets, 1);
	__sync_fetch_and_add(&flow->bytes, packet->length);
	if (flow->last_seen != tick)
		flow->last_seen = tick;
	if (flags & ~flow->flags)
		__sync_fetch_and_or(&flow->flags, flags);
}

static __always_inline enum steering_counter forward(struct packet *packet, struct steering_flow *flow,
						     enum steering_counter sent)
{
	const struct steering_translation *leaves = &flow->leaves;
	struct way_out way = {
		.hop.l4_protocol = packet->tuple.protocol,
		.hop.sport = packet->tuple.source_port,
		.hop.dport = leaves->destination_port,
	};
	enum steering_counter verdict = find_way(packet, &leaves->destination, &way);

	if (verdict != UNDECIDED)
		return verdict;
	account(packet, flow);
	if (packet->tuple.family == 4)
		translate_ipv4(packet, leaves);
	else
		translate_ipv6(packet);
	return leave(packet, &way, sent);
}

/* ---- pinhole ---- */

/* May this packet be the first one through? A TCP connection begins with a bare SYN (RFC 9293 section 3.5). */
static __always_inline int may_open(const struct packet *packet)
{
	return packet->tuple.protocol != IPPROTO_TCP ||
	       (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* Both directions of the connection that the packet begins, or neither. */
static __always_inline int create_flows(const struct packet *packet, const struct steering_pinhole *pinhole)
{
	const struct steering_tuple *tuple = &packet->tuple;
	struct steering_flow flow = {
		.leaves = pinhole->leaves,
		.conversation = pinhole->conversation,
		.last_seen = now(),
	};
	struct steering_tuple reverse = {
		.source = pinhole->leaves.destination,
		.destination = pinhole->leaves.source,
		.source_port = pinhole->leaves.destination_port,
		.protocol = tuple->protocol,
		.family = tuple->family,
		.side = !tuple->side,
	};

	if (!flow.leaves.source_port)
		flow.leaves.source_port = tuple->source_port;
	reverse.destination_port = flow.leaves.source_port;
	if (bpf_map_update_elem(&flows, tuple, &flow, BPF_ANY))
		return -1;

	flow.leaves.source = tuple->destination;
	flow.leaves.destination = tuple->source;
	flow.leaves.source_port = tuple->destination_port;
	flow.leaves.destination_port = tuple->source_port;
	if (!bpf_map_update_elem(&flows, &reverse, &flow, BPF_ANY))
		return 0;
	bpf_map_delete_elem(&flows, tuple);
	return -1;
}

/* Turns the pinhole that the packet fits, if any, into a pair of flows. A claim by the same port is a repetition. */
static __always_inline enum steering_counter open_pinhole(const struct packet *packet)
{
	struct steering_tuple key = packet->tuple;
	__u32 port = key.source_port, owner;
	struct steering_pinhole *pinhole;

	key.source_port = 0;
	pinhole = bpf_map_lookup_elem(&pinholes, &key);
	if (!pinhole || !port)
		return UNDECIDED;
	if (now() >= pinhole->expires)
		return steering_counter_drop_expired_pinhole;
	if (!may_open(packet))
		return steering_counter_drop_pinhole_state;
	owner = __sync_val_compare_and_swap(&pinhole->claimed_port, 0, port);
	if (owner && owner != port)
		return steering_counter_drop_claimed_pinhole;
	if (create_flows(packet, pinhole)) {
		if (!owner)
			__sync_val_compare_and_swap(&pinhole->claimed_port, port, 0);
		return steering_counter_drop_flow_full;
	}
	return steering_counter_forward_pinhole;
}

/* ---- service ---- */

static __always_inline int has_service(const struct steering_tuple *tuple)
{
	__be16 port = tuple->side == STEERING_INSIDE ? tuple->destination_port : tuple->source_port;
	__u32 index = bpf_ntohs(port), wanted = STEERING_SERVICE_TCP4;
	const __u32 *offered = bpf_map_lookup_elem(&services, &index);

	if (tuple->protocol == IPPROTO_UDP)
		wanted = STEERING_SERVICE_UDP4;
	if (tuple->family == 6)
		wanted <<= 2;
	return offered && *offered & wanted;
}

static __always_inline int in_port_block(__be16 port)
{
	const struct steering_settings *current = current_settings();

	return current && current->port_first <= bpf_ntohs(port) && bpf_ntohs(port) <= current->port_last;
}

/* Control conversations: from inside to a service anywhere but here; from outside, the answers to NAT's own ports. */
static __always_inline enum steering_counter serve(const struct steering_tuple *tuple)
{
	const __u32 *found;
	__u32 use;

	if (!has_service(tuple))
		return steering_counter_pass_other;
	found = bpf_map_lookup_elem(&addresses, &tuple->destination);
	use = found ? *found : 0;
	if (tuple->side == STEERING_INSIDE)
		return use ? steering_counter_pass_local : steering_counter_steer_service;
	if (tuple->family == 6)
		return use & STEERING_ADDRESS_LOCAL ? steering_counter_pass_local : steering_counter_steer_service;
	if (use & STEERING_ADDRESS_PUBLIC && in_port_block(tuple->destination_port))
		return steering_counter_steer_service;
	return steering_counter_pass_other;
}

/*
 * Whether the kernel would send a packet out by an interface of the outside. Only then is it the gateway's: what goes to
 * another inside network, or by an interface that is not configured, goes as if there were no gateway; and what cannot
 * go at all, the kernel answers. The size does not count here: the worker cuts segments itself.
 */
static __always_inline int leads_outside(const struct packet *packet)
{
	struct bpf_fib_lookup hop = { .ifindex = packet->link->ifindex };
	const struct steering_egress *out;
	int lives, answer;

	if (packet->tuple.family == 4)
		lives = describe_ipv4(packet, &packet->tuple.destination, &hop);
	else
		lives = describe_ipv6(packet, &packet->tuple.destination, &hop);
	if (!lives)
		return 0;
	answer = bpf_fib_lookup(packet->context, &hop, sizeof(hop), 0);
	if (answer != BPF_FIB_LKUP_RET_SUCCESS && answer != BPF_FIB_LKUP_RET_NO_NEIGH)
		return 0;
	out = bpf_map_lookup_elem(&egress, &hop.ifindex);
	return out && out->side == STEERING_OUTSIDE;
}

/* Traffic of a service, from inside with the question where it goes. */
static __always_inline enum steering_counter serve_packet(const struct packet *packet)
{
	enum steering_counter verdict = serve(&packet->tuple);

	if (verdict == steering_counter_steer_service && packet->tuple.side == STEERING_INSIDE && !leads_outside(packet))
		return steering_counter_pass_elsewhere;
	return verdict;
}

/* ---- ICMP errors about a flow (RFC 5508 section 4) ---- */

static __always_inline int is_error(__u8 type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETER_PROBLEM;
}

/*
 * Finds the ports of the packet that an ICMP error quotes, and makes the packet's tuple that of the packets which
 * would answer the quoted one: they come in by the same link as the error does.
 */
static __always_inline enum steering_counter read_quoted(struct packet *packet, struct port_pair **pair)
{
	struct icmp_header *icmp = packet->transport;
	struct iphdr *quoted = (void *)(icmp + 1);
	__u32 header;

	if (packet->payload < sizeof(*icmp) || (void *)quoted > packet->end)
		return steering_counter_pass_short;
	if (!is_error(icmp->type))
		return steering_counter_pass_protocol;
	if ((void *)(quoted + 1) > packet->end || quoted->version != 4)
		return steering_counter_pass_short;
	header = quoted->ihl * 4;
	*pair = (void *)quoted + header;
	if (header < sizeof(*quoted) || packet->payload < sizeof(*icmp) + header + sizeof(struct udphdr) ||
	    (void *)*pair + sizeof(struct udphdr) > packet->end)
		return steering_counter_pass_short;
	if (quoted->frag_off & bpf_htons(IP_OFFSET))
		return steering_counter_pass_other;
	if (quoted->protocol != IPPROTO_TCP && quoted->protocol != IPPROTO_UDP)
		return steering_counter_pass_other;
	packet->tuple.protocol = quoted->protocol;
	packet->tuple.source.word[0] = quoted->daddr;
	packet->tuple.destination.word[0] = quoted->saddr;
	packet->tuple.source_port = (*pair)->destination;
	packet->tuple.destination_port = (*pair)->source;
	return UNDECIDED;
}

/* Changes the checksum of the quoted TCP or UDP header, if it is quoted that far; returns the change of its bytes. */
static __always_inline __u32 translate_quoted_checksum(const struct packet *packet, struct port_pair *pair,
						       __u32 change)
{
	__u32 quoted_bytes = packet->payload - ((void *)pair - packet->transport);
	struct tcphdr *tcp = (void *)pair;
	struct udphdr *udp = (void *)pair;
	__u16 before;

	if (packet->tuple.protocol == IPPROTO_UDP) {
		before = udp->check;
		udp->check = updated_udp(before, change);
		return change16(before, udp->check);
	}
	if (quoted_bytes < 18 || (void *)tcp + 18 > packet->end)
		return 0;
	before = tcp->check;
	tcp->check = updated(before, change);
	return change16(before, tcp->check);
}

/* The quoted packet, back to what it was on the other side: REQ-4 and REQ-5. Returns the change of its bytes. */
static __always_inline __u32 translate_quoted(const struct packet *packet, struct port_pair *pair,
					      const struct steering_translation *leaves)
{
	struct iphdr *quoted = packet->transport + sizeof(struct icmp_header);
	__u32 addresses_change = change32(quoted->saddr, leaves->destination.word[0]) +
				 change32(quoted->daddr, leaves->source.word[0]);
	__u32 ports_change = change16(pair->source, leaves->destination_port) +
			     change16(pair->destination, leaves->source_port);
	__u16 before = quoted->check;

	quoted->check = updated(before, addresses_change);
	quoted->saddr = leaves->destination.word[0];
	quoted->daddr = leaves->source.word[0];
	pair->source = leaves->destination_port;
	pair->destination = leaves->source_port;
	return addresses_change + ports_change + change16(before, quoted->check) +
	       translate_quoted_checksum(packet, pair, addresses_change + ports_change);
}

/* An error from outside keeps its source: who met the problem. One from inside gets the public address. */
static __always_inline void translate_error(const struct packet *packet, struct port_pair *pair,
					    const struct steering_translation *leaves)
{
	struct iphdr *ip = packet->network;
	struct icmp_header *icmp = packet->transport;
	__be32 source = packet->link->side == STEERING_INSIDE ? leaves->source.word[0] : ip->saddr;
	__u32 change = change32(ip->saddr, source) + change32(ip->daddr, leaves->destination.word[0]);

	ip->check = updated(ip->check, change + decrement_ttl(ip));
	ip->saddr = source;
	ip->daddr = leaves->destination.word[0];
	icmp->checksum = updated(icmp->checksum, translate_quoted(packet, pair, leaves));
}

static __always_inline enum steering_counter forward_error(struct packet *packet)
{
	struct port_pair *pair;
	struct way_out way = { .hop.l4_protocol = IPPROTO_ICMP };
	const struct steering_flow *flow;
	enum steering_counter verdict = read_quoted(packet, &pair);

	if (verdict != UNDECIDED)
		return verdict;
	flow = bpf_map_lookup_elem(&flows, &packet->tuple);
	if (!flow)
		return serve(&packet->tuple) == steering_counter_steer_service ? steering_counter_steer_icmp
										: steering_counter_pass_other;
	verdict = find_way(packet, &flow->leaves.destination, &way);
	if (verdict != UNDECIDED)
		return verdict;
	translate_error(packet, pair, &flow->leaves);
	return leave(packet, &way, steering_counter_forward_icmp);
}

/* ---- verdict ---- */

static __always_inline enum steering_counter decide(struct packet *packet)
{
	enum steering_counter verdict, sent = steering_counter_forward_flow;
	struct steering_flow *flow;

	verdict = read_frame(packet);
	if (verdict == UNDECIDED)
		verdict = read_network(packet);
	if (verdict != UNDECIDED)
		return verdict;
	if (packet->tuple.family == 4 && packet->tuple.protocol == IPPROTO_ICMP)
		return forward_error(packet);
	verdict = read_transport(packet);
	if (verdict != UNDECIDED)
		return verdict;

	flow = bpf_map_lookup_elem(&flows, &packet->tuple);
	if (!flow) {
		sent = open_pinhole(packet);
		if (sent == UNDECIDED)
			return serve_packet(packet);
		if (sent != steering_counter_forward_pinhole)
			return sent;
		flow = bpf_map_lookup_elem(&flows, &packet->tuple);
		if (!flow)
			return steering_counter_drop_flow_full;
	}
	return forward(packet, flow, sent);
}

/* To the worker of the receiving queue; if none lives, what the operator chose, counted as such. */
static __always_inline int hand_over(const struct packet *packet, enum steering_counter *verdict)
{
	const struct steering_settings *current = current_settings();
	__u32 queue = packet->context->rx_queue_index;
	int action = current && current->when_down == XDP_PASS ? XDP_PASS : XDP_DROP;

	if (queue < packet->link->sockets)
		action = bpf_redirect_map(&sockets, packet->link->first_socket + queue, action);
	if (action != XDP_REDIRECT)
		*verdict = action == XDP_PASS ? steering_counter_pass_down : steering_counter_drop_down;
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
	struct packet packet = { .context = context, .end = (void *)(long)context->data_end };
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
