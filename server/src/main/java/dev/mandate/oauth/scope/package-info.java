/// Which scopes exist (RFC 6749 §3.3) and which resources a token may name (RFC 8707).
///
/// Not here: what a scope comes to in models and money (`domain/access`), whether a client may ask
/// for it (`domain/client`).
@NullMarked
package dev.mandate.oauth.scope;

import org.jspecify.annotations.NullMarked;
