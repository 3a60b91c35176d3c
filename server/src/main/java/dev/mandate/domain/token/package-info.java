/// What we issue and exchange: authorization codes, refresh tokens, access tokens; their life as
/// atomic verbs.
///
/// Not here: how a token is signed (`platform/jose`), the endpoint (`oauth/token`).
@NullMarked
package dev.mandate.domain.token;

import org.jspecify.annotations.NullMarked;
