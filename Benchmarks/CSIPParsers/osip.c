/* SPDX-License-Identifier: Apache-2.0 */
/* GNU oSIP. */
#include "parsers.h"

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/sdp_message.h>
#include <stdlib.h>

static size_t print_description(osip_message_t *message)
{
	osip_body_t *body = NULL;
	sdp_message_t *description = NULL;
	char *text = NULL;
	size_t length = 0;

	if (osip_message_get_body(message, 0, &body) < 0 || sdp_message_init(&description))
		return 0;
	if (!sdp_message_parse(description, body->body) && !sdp_message_to_str(description, &text)) {
		for (const char *end = text; *end; end++)
			length++;
		osip_free(text);
	}
	sdp_message_free(description);
	return length;
}

static size_t once(const char *text, size_t length, int descriptions)
{
	osip_message_t *message = NULL;
	char *printed = NULL;
	size_t size = 0;

	if (osip_message_init(&message))
		return 0;
	if (!osip_message_parse(message, text, length)) {
		/* Otherwise it would return the text that it has read. */
		osip_message_force_update(message);
		if (!osip_message_to_str(message, &printed, &size))
			osip_free(printed);
	}
	if (size && descriptions)
		size += print_description(message);
	osip_message_free(message);
	return size;
}

size_t parsers_osip(const char *message, size_t length, size_t count, int descriptions)
{
	size_t sum = 0;

	parser_init();
	for (size_t number = 0; number < count; number++) {
		size_t size = once(message, length, descriptions);

		if (!size)
			return 0;
		sum += size;
	}
	return sum;
}
