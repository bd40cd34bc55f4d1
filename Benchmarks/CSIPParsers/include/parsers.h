/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs' parsers: each reads a SIP message into its structures and prints it from them, so many times. The
 * SDP is a body of bytes to them, unless `descriptions` is set: then it is read and printed, too. What a call returns
 * is the length of all that was printed, or 0 if the message was not understood.
 */
#ifndef PARSERS_H
#define PARSERS_H

#include <stddef.h>

size_t parsers_osip(const char *message, size_t length, size_t count, int descriptions);
size_t parsers_sofia(const char *message, size_t length, size_t count, int descriptions);

#endif
