/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams: what the RTP packets of a flow say about its way to here (struct steering_stream), and how much of them may
 * pass.
 */
#ifndef STEERING_STREAM_H
#define STEERING_STREAM_H

/* The fixed header (RFC 3550 section 5.1). */
struct rtp_header {
	__u8 version;		/* in the upper two bits */
	__u8 payload_type;	/* behind the marker bit */
	__be16 sequence;
	__be32 timestamp;
	__be32 ssrc;
};

/* How far a sequence number may be ahead and behind before it is a jump (RFC 3550 A.1). */
#define MAX_DROPOUT 3000
#define MAX_MISORDER 100

/*
 * The RTP header of a UDP packet, if it has one. What else shares the port begins otherwise: STUN, DTLS and the like
 * with a byte outside 128 to 191 (RFC 7983 section 7), RTCP with a second byte of 192 to 223 (RFC 5761 section 4).
 */
static __always_inline const struct rtp_header *find_rtp(const struct packet *packet)
{
	const struct rtp_header *rtp = packet->transport + sizeof(struct udphdr);

	if (packet->payload < sizeof(struct udphdr) + sizeof(*rtp) || (void *)(rtp + 1) > packet->end)
		return NULL;
	if (rtp->version >> 6 != 2 || (rtp->payload_type >= 192 && rtp->payload_type <= 223))
		return NULL;
	return rtp;
}

/* Nothing is known of what came before. */
static __always_inline void begin_sequence(struct steering_stream *stream, __u16 sequence)
{
	stream->window = 1;
	stream->span = 1;
	stream->highest = sequence;
	stream->after_jump = STEERING_STREAM_NO_JUMP;
	stream->jitter = 0;
}

/* To a sequence number by `steps` above the highest; those in between are missing. */
static __always_inline void advance(struct steering_stream *stream, __u32 steps)
{
	stream->window = steps < STEERING_STREAM_WINDOW ? stream->window << steps | 1 : 1;
	stream->span = stream->span + steps < STEERING_STREAM_WINDOW ? stream->span + steps : STEERING_STREAM_WINDOW;
	stream->highest += steps;
	stream->lost += steps - 1;
}

/* One by `steps` below the highest, or the highest again. What was before the sequence's first is in no gap. */
static __always_inline void look_back(struct steering_stream *stream, __u32 steps)
{
	if (steps >= STEERING_STREAM_WINDOW) {
		stream->late++;
	} else if (stream->window >> steps & 1) {
		stream->duplicates++;
	} else {
		stream->window |= 1ULL << steps;
		stream->reordered++;
		if (steps < stream->span)
			stream->lost--;
	}
}

enum rtp_place {
	RTP_FIRST,	/* of a sequence */
	RTP_LATER,
	RTP_STRAY,	/* of none, as far as is known */
};

/* Where a packet is in its sequence (update_seq of A.1). Two in a row behind a jump begin the sequence anew. */
static __always_inline enum rtp_place place_rtp(struct steering_stream *stream, __u16 sequence, __u32 ssrc)
{
	__u16 ahead = sequence - stream->highest, behind = -ahead;
	int has_begun = !!stream->window;

	if (has_begun && stream->ssrc == ssrc) {
		if (behind < MAX_MISORDER) {
			look_back(stream, behind);
			return RTP_LATER;
		}
		if (ahead < MAX_DROPOUT) {
			advance(stream, ahead);
			return RTP_LATER;
		}
		if (sequence != stream->after_jump) {
			stream->after_jump = (__u16)(sequence + 1);
			stream->strays++;
			return RTP_STRAY;
		}
	}
	begin_sequence(stream, sequence);
	stream->ssrc = ssrc;
	stream->restarts += has_begun;
	return RTP_FIRST;
}

/* The difference of two packets' transit times is what they were apart here less what they were apart at the source. */
static __always_inline void measure_jitter(struct steering_stream *stream, __u32 timestamp, enum rtp_place place)
{
	__u32 transit = steering_clock_units(bpf_ktime_get_ns(), stream->clock_rate) - timestamp;

	if (place == RTP_LATER)
		stream->jitter = steering_jitter(stream->jitter, transit - stream->transit);
	stream->transit = transit;
}

/* How far a stream may be ahead of its rate, in ns: a picture of a video comes at once. */
#define METER_BURST 500000000

/*
 * Whether a packet comes before its stream's rate allows it (virtual scheduling, as in ITU-T I.371 annex A). What is left
 * of the stream that had the number before is less than a burst. Plain updates are right as they are in a stream.
 */
static __always_inline int exceeds_rate(const struct packet *packet, const struct steering_flow *flow)
{
	__u32 byte_time = READ_ONCE(settings.media_byte_time);
	__u32 number = flow->flags >> STEERING_FLOW_STREAM_SHIFT, index = number - 1;
	__u64 now, *due;

	if (!byte_time || !number)
		return 0;
	due = bpf_map_lookup_elem(&meters, &index);
	if (!due)
		return 0;
	now = bpf_ktime_get_ns();
	if (*due < now)
		*due = now;
	if (*due - now > METER_BURST)
		return 1;
	*due += (__u64)packet->length * byte_time >> 8;
	return 0;
}

/* Counts a packet, if it is RTP and its flow has a stream. */
static __always_inline void count_rtp(const struct packet *packet, const struct steering_flow *flow)
{
	__u32 number = flow->flags >> STEERING_FLOW_STREAM_SHIFT, index = number - 1;
	const struct rtp_header *rtp;
	struct steering_stream *stream;
	enum rtp_place place;

	if (!number)
		return;
	rtp = find_rtp(packet);
	if (!rtp)
		return;
	stream = bpf_map_lookup_elem(&streams, &index);
	if (!stream)
		return;
	stream->packets++;
	place = place_rtp(stream, bpf_ntohs(rtp->sequence), bpf_ntohl(rtp->ssrc));
	if (place == RTP_STRAY)
		return;
	stream->payload_type = rtp->payload_type & 0x7f;
	if (stream->clock_rate)
		measure_jitter(stream, bpf_ntohl(rtp->timestamp), place);
}

#endif
