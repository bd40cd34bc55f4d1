#pragma once

/* libpcap, which reads capture files of every format that tcpdump and Wireshark write. */
#include <pcap/pcap.h>
