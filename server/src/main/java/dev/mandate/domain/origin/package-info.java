/// The web origins (RFC 6454) whose pages may read what the token endpoint and the gateway answer.
///
/// Not here: the headers that say so (`oauth/Cors`, `gateway`). A room of its own because it hears
/// changes (`domain/revocation`), which know clients.
@NullMarked
package dev.mandate.domain.origin;

import org.jspecify.annotations.NullMarked;
