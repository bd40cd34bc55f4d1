/* SPDX-License-Identifier: GPL-2.0-only */
/* Checksums are updated, never made anew: one that was wrong stays wrong (RFC 1624 equation 3). */
#ifndef STEERING_CHECKSUM_H
#define STEERING_CHECKSUM_H

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

#endif
