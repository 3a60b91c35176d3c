/// The published JSON Schemas of `authorization_details` (RFC 9396 §2 leaves their form to us):
/// what a client's developer, and a client's own validator, can check a request against.
///
/// Not here: checking (`domain/access`).
@NullMarked
package dev.mandate.oauth.details;

import org.jspecify.annotations.NullMarked;
