/* SPDX-License-Identifier: Apache-2.0 */
/* Sofia-SIP. */
#include "parsers.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mime_protos.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sdp.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

static size_t print_description(msg_t *message, const sip_t *sip)
{
	su_home_t *home = msg_home(message);
	sdp_parser_t *parser;
	sdp_printer_t *printer;
	size_t length = 0;

	if (!sip->sip_payload)
		return 0;
	parser = sdp_parse(home, sip->sip_payload->pl_data, sip->sip_payload->pl_len, 0);
	if (sdp_session(parser)) {
		printer = sdp_print(home, sdp_session(parser), NULL, 0, 0);
		if (sdp_message(printer))
			length = sdp_message_size(printer);
		sdp_printer_free(printer);
	}
	sdp_parser_free(parser);
	return length;
}

static size_t once(const char *text, size_t length, int descriptions)
{
	msg_t *message = msg_make(sip_default_mclass(), 0, text, length);
	const sip_t *sip = message ? sip_object(message) : NULL;
	size_t size = 0;

	if (sip && !sip->sip_error) {
		/* Otherwise it would print the fields by copying what it has read. */
		for (msg_header_t *header = *msg_chain_head(message); header; header = header->sh_succ)
			msg_fragment_clear(header->sh_common);
		if (!msg_as_string(msg_home(message), message, NULL, 0, &size))
			size = 0;
		if (size && descriptions)
			size += print_description(message, sip);
	}
	if (message)
		msg_destroy(message);
	return size;
}

size_t parsers_sofia(const char *message, size_t length, size_t count, int descriptions)
{
	size_t sum = 0;

	for (size_t number = 0; number < count; number++) {
		size_t size = once(message, length, descriptions);

		if (!size)
			return 0;
		sum += size;
	}
	return sum;
}
