/// Who calls: one [Caller] from an access token (RFC 9068) or an API key, found in any of the
/// headers that SDKs put a key in (RFC 6750 §2.1).
///
/// Not here: what the caller may do (`gateway/mandating`).
@NullMarked
package dev.mandate.gateway.caller;

import org.jspecify.annotations.NullMarked;
