//! The framing of the Redis protocol, RESP2 and RESP3.
