/// How a client proves who it is (RFC 6749 §2.3): `client_secret_basic`, `client_secret_post`,
/// `private_key_jwt` (RFC 7523), or not at all for a public client.
///
/// Not here: what it may do then (`domain/client`).
@NullMarked
package dev.mandate.oauth.clientauth;

import org.jspecify.annotations.NullMarked;
