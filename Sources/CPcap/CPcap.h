#pragma once

/*
 * libpcap, which reads capture files of every format that tcpdump and Wireshark write. Its filters have an instruction of
 * the same name as the kernel's have, which CXDP knows, and it is used for neither.
 */
#define bpf_insn pcap_bpf_insn
#include <pcap/pcap.h>
#undef bpf_insn
