/* SPDX-License-Identifier: Apache-2.0 */
#include "redirect.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

/* return bpf_redirect_map(map, context->rx_queue_index, XDP_PASS); */
static int load(int map)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_LDX | BPF_W | BPF_MEM, .dst_reg = 2, .src_reg = 1, .off = 16 },
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "redirect", "GPL", program, sizeof(program) / sizeof(*program), NULL);
}

int redirect_attach(const char *interface)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	int map, program, link;

	map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "sockets", sizeof(int), sizeof(int), 1, NULL);
	if (map < 0)
		return map;
	program = load(map);
	if (program < 0)
		return program;
	/* The link is never closed: it goes with the process, and takes the program off. */
	link = bpf_link_create(program, (int)if_nametoindex(interface), BPF_XDP, &options);
	return link < 0 ? link : map;
}

int redirect_feed(int map, int socket)
{
	const int queue = 0;

	return bpf_map_update_elem(map, &queue, &socket, BPF_ANY) ? -errno : 0;
}
