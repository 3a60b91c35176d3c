/// OAuth clients (RFC 6749 §2): who they are, how they prove it, what they may ask for.
///
/// Not here: checking their proof (`oauth/clientauth`).
@NullMarked
package dev.mandate.domain.client;

import org.jspecify.annotations.NullMarked;
