/// The token endpoint (RFC 6749 §3.2): one pipeline, one file a grant.
///
/// Not here: signing and rotating (`domain/token`), which resources and scopes exist
/// (`oauth/scope`).
@NullMarked
package dev.mandate.oauth.token;

import org.jspecify.annotations.NullMarked;
