/* Sofia-SIP, for the sake of its place, which pkg-config knows. */
