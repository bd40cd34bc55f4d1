/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a packet from the outside inwards: frame, network header, transport header. Nothing is changed here, and what
 * is not the gateway's business leaves as early as it can be told.
 */
#ifndef STEERING_PACKET_H
#define STEERING_PACKET_H

/* A function that has nothing against a packet returns this, and the next one looks at it. */
#define UNDECIDED STEERING_COUNTER_COUNT

/* More extension headers than a sane sender chains (RFC 8200 section 4.1 recommends each at most once). */
#define EXTENSIONS_MAX 8

/* What the kernel's headers do not export, or not without those of the C library. */
#define IP_OFFSET 0x1fff
#define IP_MORE_FRAGMENTS 0x2000

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
	__u32 generation;		/* of the settings, before anything was asked */
	__be16 ethertype;
	__u8 side;			/* enum steering_side, where it came from */
	__u8 family;			/* 4 or 6 */
	__u8 dscp;			/* RFC 2474; the kernel's rules may route by it */
	__u8 hops;			/* time to live, or hop limit */
	__u8 protocol;
	__u8 tcp_flags;			/* enum tcp_flag; 0 if it is not TCP */
	struct port_pair ports;
	__sum16 *checksum;		/* of TCP or UDP */
};

/* ---- frame ---- */

static __always_inline int is_vlan(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

static __always_inline int same_station(const __u8 *a, const __u8 *b)
{
	return *(const __u32 *)a == *(const __u32 *)b && *(const __u16 *)(a + 4) == *(const __u16 *)(b + 4);
}

static __always_inline const struct steering_link *find_link(const struct steering_link_key *key)
{
	const struct steering_link *link;

	if (key->vlan[0] || key->vlan[1] || key->ifindex >= STEERING_CARDS_MAX)
		return bpf_map_lookup_elem(&links, key);
	link = &tables.cards[key->ifindex];
	return link->ifindex ? link : NULL;
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
	packet->link = find_link(&key);
	if (!packet->link)
		return steering_counter_pass_link;
	if (!same_station(ethernet->h_dest, packet->link->mac))
		return steering_counter_pass_ethernet;
	packet->side = packet->link->side;
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
	packet->family = 4;
	packet->dscp = ip->tos >> 2;
	packet->hops = ip->ttl;
	packet->protocol = ip->protocol;
	packet->transport = packet->network + header;
	packet->payload = packet->length - header;
	if (ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_OFFSET))
		return steering_counter_pass_fragment;
	return UNDECIDED;
}

/* Whether something comes before the transport header (RFC 8200 section 4). */
static __always_inline int is_extension(__u8 header)
{
	return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING || header == IPPROTO_DSTOPTS ||
	       header == IPPROTO_FRAGMENT;
}

/*
 * Over the extension headers: in the upper half how far behind the fixed header's beginning the transport header is,
 * in the lower half what it is. Or a verdict less UNDECIDED, below 0.
 *
 * Not static, so that the verifier looks at it by itself: what comes next it would otherwise follow again behind every
 * number of extension headers, and that is more than Linux 6.1 does.
 */
__noinline int skip_extensions(struct xdp_md *context, __u32 offset)
{
	void *end = (void *)(long)context->data_end;
	struct ipv6hdr *ip = (void *)(long)context->data + (offset & 0xff);
	struct ipv6_opt_hdr *extension = (void *)(ip + 1);
	__u8 next;

	if ((void *)extension > end)
		return (int)steering_counter_pass_short - UNDECIDED;
	next = ip->nexthdr;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (!is_extension(next))
			break;
		if (next == IPPROTO_FRAGMENT)
			return (int)steering_counter_pass_fragment - UNDECIDED;
		if ((void *)(extension + 1) > end)
			return (int)steering_counter_pass_short - UNDECIDED;
		next = extension->nexthdr;
		extension = (void *)extension + (extension->hdrlen + 1) * 8;
	}
	return ((void *)extension - (void *)ip) << 16 | next;
}

static __always_inline enum steering_counter read_ipv6(struct packet *packet)
{
	struct ipv6hdr *ip = packet->network;
	__u32 headers = sizeof(*ip);
	int found;

	if ((void *)(ip + 1) > packet->end || ip->version != 6)
		return steering_counter_pass_short;
	packet->length = bpf_ntohs(ip->payload_len) + sizeof(*ip);
	if (packet->length > packet->end - packet->network)
		return steering_counter_pass_short;
	packet->family = 6;
	packet->dscp = bpf_ntohs(*(__be16 *)ip) >> 6 & 0x3f;
	packet->hops = ip->hop_limit;
	packet->protocol = ip->nexthdr;
	/* Hardly ever, and the call alone costs as much as all the rest of a packet that passes. */
	if (is_extension(ip->nexthdr)) {
		found = skip_extensions(packet->context,
					sizeof(struct ethhdr) + packet->tags * sizeof(struct vlan_tag));
		if (found < 0)
			return found + UNDECIDED;
		headers = found >> 16 & 0x7fff;
		if (headers > packet->length)
			return steering_counter_pass_short;
		packet->protocol = found;
	}
	packet->transport = packet->network + headers;
	packet->payload = packet->length - headers;
	return UNDECIDED;
}

/* ---- transport header ---- */

static __always_inline enum steering_counter read_tcp(struct packet *packet)
{
	struct tcphdr *tcp = packet->transport;

	if (packet->payload < sizeof(*tcp) || (void *)(tcp + 1) > packet->end)
		return steering_counter_pass_short;
	packet->ports.source = tcp->source;
	packet->ports.destination = tcp->dest;
	packet->tcp_flags = ((__u8 *)tcp)[13];
	packet->checksum = &tcp->check;
	return UNDECIDED;
}

static __always_inline enum steering_counter read_udp(struct packet *packet)
{
	struct udphdr *udp = packet->transport;

	if (packet->payload < sizeof(*udp) || (void *)(udp + 1) > packet->end)
		return steering_counter_pass_short;
	packet->ports.source = udp->source;
	packet->ports.destination = udp->dest;
	packet->checksum = &udp->check;
	return UNDECIDED;
}

static __always_inline enum steering_counter read_transport(struct packet *packet)
{
	if (packet->protocol == IPPROTO_TCP)
		return read_tcp(packet);
	if (packet->protocol == IPPROTO_UDP)
		return read_udp(packet);
	return steering_counter_pass_protocol;
}

#endif
