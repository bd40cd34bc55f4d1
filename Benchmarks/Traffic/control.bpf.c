// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of FTP control connections, see control.h. `client` and `server` answer on the links of the two hosts;
 * `generator`, a test-run with live frames, opens the client's connections and begins its commands.
 *
 * The lines are chosen so that no answer is much longer than what it answers: frames that came through a socket have
 * little room behind them. Frames are not padded: virtual links do not ask for it.
 */
#include "control.h"
#include "traffic_program.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>

enum { SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);	/* set when it is loaded */
	__type(key, __u32);
	__type(value, struct control_connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);	/* set when it is loaded */
	__type(key, __u32);
	__type(value, struct control_line);
} commands SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONTROL_ANSWERS);
	__type(key, __u32);
	__type(value, struct control_line);
} answers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control_results);
} results SEC(".maps");

/* What a received segment says. */
struct segment {
	__u32 sequence;
	__u32 acknowledgement;
	__u32 length;	/* of its text */
	__u16 source, destination;
	__u8 flags;
};

/* What the answer says. */
struct words {
	__u32 sequence;
	__u32 acknowledgement;
	__u8 flags;
	struct control_line *line;
};

/* ---- reading and writing ---- */

static __always_inline int read(struct xdp_md *context, struct segment *segment)
{
	__u8 *frame = (void *)(long)context->data;
	struct iphdr *ip = (void *)(frame + ETH_HLEN);
	struct tcphdr *tcp = (void *)(ip + 1);

	if (frame + CONTROL_HEADERS > (__u8 *)(long)context->data_end)
		return 0;
	if (*(__be16 *)(frame + 12) != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
		return 0;
	segment->sequence = bpf_ntohl(tcp->seq);
	segment->acknowledgement = bpf_ntohl(tcp->ack_seq);
	segment->length = bpf_ntohs(ip->tot_len) - sizeof(*ip) - tcp->doff * 4;
	segment->source = bpf_ntohs(tcp->source);
	segment->destination = bpf_ntohs(tcp->dest);
	segment->flags = ((__u8 *)tcp)[13];
	return tcp->doff == 5;
}

static __always_inline __u32 add(const void *start, int words, __u32 sum)
{
	const __u16 *word = start;

	for (int index = 0; index < words; index++)
		sum += word[index];
	return sum;
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Writes all of IPv4 but the addresses, and all of TCP but the ports, into a frame that has them. */
static __always_inline int write(struct xdp_md *context, const struct words *words)
{
	__u32 length = words->line ? words->line->length : 0;
	__u32 size = CONTROL_HEADERS + length;
	struct iphdr *ip;
	struct tcphdr *tcp;
	__u8 *frame;

	if (bpf_xdp_adjust_tail(context, (int)(size - bpf_xdp_get_buff_len(context))))
		return 0;
	frame = (void *)(long)context->data;
	if (frame + CONTROL_HEADERS > (__u8 *)(long)context->data_end)
		return 0;
	ip = (void *)(frame + ETH_HLEN);
	tcp = (void *)(ip + 1);
	ip->tot_len = bpf_htons(CONTROL_HEADERS - ETH_HLEN + length);
	ip->id = 0;
	ip->frag_off = bpf_htons(0x4000);
	ip->ttl = 64;
	ip->check = 0;
	ip->check = fold(add(ip, 10, 0));
	tcp->seq = bpf_htonl(words->sequence);
	tcp->ack_seq = bpf_htonl(words->acknowledgement);
	((__u8 *)tcp)[12] = 0x50;
	((__u8 *)tcp)[13] = words->flags;
	tcp->window = bpf_htons(65000);
	tcp->check = 0;
	tcp->urg_ptr = 0;
	tcp->check = fold(add(tcp, 10, add(&ip->saddr, 4, bpf_htons(IPPROTO_TCP)) + bpf_htons(sizeof(*tcp) + length) +
					       (words->line ? words->line->sum : 0)));
	if (words->line && length > 0 && length <= CONTROL_LINE)
		return !bpf_xdp_store_bytes(context, CONTROL_HEADERS, words->line->bytes, length);
	return 1;
}

/* Turns a frame around, with other words in it. */
static __always_inline int answer(struct xdp_md *context, const struct words *words, struct control_results *result)
{
	__u8 *frame = (void *)(long)context->data, station[ETH_ALEN];
	struct iphdr *ip = (void *)(frame + ETH_HLEN);
	struct tcphdr *tcp = (void *)(ip + 1);
	__be32 address;
	__be16 port;

	if (frame + CONTROL_HEADERS > (__u8 *)(long)context->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(station, frame, ETH_ALEN);
	__builtin_memcpy(frame, frame + ETH_ALEN, ETH_ALEN);
	__builtin_memcpy(frame + ETH_ALEN, station, ETH_ALEN);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	port = tcp->source;
	tcp->source = tcp->dest;
	tcp->dest = port;
	if (!write(context, words)) {
		result->strange++;
		return XDP_DROP;
	}
	return XDP_TX;
}

/* ---- the server ---- */

/* Which answer a command gets; counts whether an address in it is the public one. */
static __always_inline __u32 understand(struct xdp_md *context, struct control_results *result)
{
	__u8 *frame = (void *)(long)context->data, *line = frame + CONTROL_HEADERS;

	if (line + 12 > (__u8 *)(long)context->data_end)
		goto other;
	if (line[0] == 'P' && line[1] == 'O') {
		if (line[5] == '2' && line[6] == '0' && line[7] == '3')
			result->rewritten++;
		else
			result->strange++;
		return CONTROL_DONE;
	}
	if (line[0] == 'E') {
		if (line[8] == '2' && line[9] == '0' && line[10] == '3')
			result->rewritten++;
		else
			result->strange++;
		return CONTROL_DONE;
	}
other:
	result->others++;
	return CONTROL_REFUSED;
}

SEC("xdp")
int server(struct xdp_md *context)
{
	__u32 key = 0;
	struct control_results *result = bpf_map_lookup_elem(&results, &key);
	struct segment segment;
	struct words words;

	if (!result || !read(context, &segment) || segment.destination != CONTROL_PORT)
		return XDP_PASS;
	if (segment.flags & RST)
		return XDP_DROP;
	words.flags = ACK;
	words.line = NULL;
	words.sequence = segment.acknowledgement;
	words.acknowledgement = segment.sequence + segment.length;
	if (segment.flags & SYN) {
		words.flags = SYN | ACK;
		words.sequence = CONTROL_SERVER_START;
		words.acknowledgement++;
		return answer(context, &words, result);
	}
	if (segment.length == 0 && segment.acknowledgement != CONTROL_SERVER_START + 1)
		return XDP_DROP;
	key = segment.length == 0 ? CONTROL_GREETING : understand(context, result);
	words.flags |= PSH;
	words.line = bpf_map_lookup_elem(&answers, &key);
	return answer(context, &words, result);
}

/* ---- the client ---- */

static __always_inline struct control_line *next_command(struct control_settings *setting, __u32 index,
							  struct control_connection *connection)
{
	__u32 count = connection->command++;
	__u32 key = count == 0 ? 0 : 1 + (index + count) % (setting->commands - 1);

	return bpf_map_lookup_elem(&commands, &key);
}

static __always_inline void count_latency(struct control_results *result, __u64 time)
{
	__u32 place = traffic_bucket(time);

	result->answers++;
	if (place < TRAFFIC_LATENCIES)
		result->latencies[place]++;
}

/* The server has said a line. */
static __always_inline int hear(struct xdp_md *context, struct control_settings *setting, __u32 index,
				struct control_connection *connection, struct control_results *result,
				struct words *words)
{
	__u64 now = bpf_ktime_get_ns();

	if (connection->phase == CONTROL_OPENING)
		result->greetings++;
	else
		count_latency(result, now - connection->since);
	if (setting->mode == CONTROL_END || setting->mode == CONTROL_CLOSE) {
		connection->phase = CONTROL_CLOSED;
		words->flags = RST | ACK;
		return answer(context, words, result);
	}
	/* A greeting is too short to be turned into a command: the generator begins. */
	if (setting->mode == CONTROL_PACED || connection->phase == CONTROL_OPENING) {
		connection->phase = CONTROL_IDLE;
		return XDP_DROP;
	}
	connection->since = now;
	words->flags = PSH | ACK;
	words->line = next_command(setting, index, connection);
	return answer(context, words, result);
}

SEC("xdp")
int client(struct xdp_md *context)
{
	__u32 key = 0;
	struct control_settings *setting = bpf_map_lookup_elem(&settings, &key);
	struct control_results *result = bpf_map_lookup_elem(&results, &key);
	struct control_connection *connection;
	struct segment segment;
	struct words words;

	if (!setting || !result || !read(context, &segment) || segment.source != CONTROL_PORT)
		return XDP_PASS;
	key = segment.destination - setting->port;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection)
		return XDP_DROP;
	words.flags = ACK;
	words.line = NULL;
	words.sequence = segment.acknowledgement;
	words.acknowledgement = segment.sequence + segment.length;
	if (segment.flags & SYN) {
		words.acknowledgement++;
		connection->next = words.sequence;
		connection->expected = words.acknowledgement;
		return answer(context, &words, result);
	}
	/* The other end still knows an earlier connection: it forgets that (RFC 9293 section 3.5.2), and the next SYN opens. */
	if (connection->phase == CONTROL_OPENING && !connection->next && (segment.flags & ACK)) {
		connection->phase = CONTROL_CLOSED;
		words.flags = RST;
		return answer(context, &words, result);
	}
	if (segment.length == 0 && !(segment.flags & RST))
		return XDP_DROP;
	if ((segment.flags & RST) || segment.sequence != connection->expected) {
		result->strange++;
		return XDP_DROP;
	}
	connection->next = words.sequence;
	connection->expected = words.acknowledgement;
	return hear(context, setting, key, connection, result, &words);
}

/* ---- the router ---- */

/*
 * For the router's links when the kernel is measured: a veth device is told of frames that XDP_TX sends it only under a
 * program (veth.c, veth_xdp_flush).
 */
SEC("xdp")
int pass(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

/* ---- the generator ---- */

static __always_inline int begin(struct xdp_md *context, struct control_settings *setting, __u32 index,
				 struct control_connection *connection, struct words *words)
{
	__u8 *frame = (void *)(long)context->data;

	if (frame + CONTROL_HEADERS > (__u8 *)(long)context->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(frame, setting->head, ETH_HLEN + sizeof(struct iphdr));
	*(__be16 *)(frame + 34) = bpf_htons(setting->port + index);
	*(__be16 *)(frame + 36) = bpf_htons(CONTROL_PORT);
	if (connection->phase == CONTROL_CLOSED) {
		connection->phase = CONTROL_OPENING;
		connection->next = 0;
		words->flags = SYN;
		words->sequence = CONTROL_CLIENT_START;
		words->acknowledgement = 0;
	} else if (setting->mode == CONTROL_CLOSE) {
		connection->phase = CONTROL_CLOSED;
		words->flags = RST | ACK;
		words->sequence = connection->next;
		words->acknowledgement = connection->expected;
	} else {
		connection->phase = CONTROL_ASKED;
		words->flags = PSH | ACK;
		words->sequence = connection->next;
		words->acknowledgement = connection->expected;
		words->line = next_command(setting, index, connection);
	}
	setting->started++;
	return write(context, words) ? bpf_redirect(setting->interface, 0) : XDP_ABORTED;
}

SEC("xdp")
int generator(struct xdp_md *context)
{
	__u32 key = 0;
	struct control_settings *setting = bpf_map_lookup_elem(&settings, &key);
	struct control_connection *connection;
	struct words words = {};

	if (!setting)
		return XDP_ABORTED;
	key = setting->turn;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection)
		return XDP_ABORTED;
	if (connection->phase == CONTROL_IDLE ||
	    (connection->phase == CONTROL_CLOSED && setting->mode != CONTROL_CLOSE)) {
		connection->since = bpf_ktime_get_ns();
		if (!traffic_is_due(&setting->due, setting->interval, connection->since))
			return XDP_DROP;
		setting->turn = key + 1 < setting->connections ? key + 1 : 0;
		return begin(context, setting, key, connection, &words);
	}
	setting->turn = key + 1 < setting->connections ? key + 1 : 0;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
