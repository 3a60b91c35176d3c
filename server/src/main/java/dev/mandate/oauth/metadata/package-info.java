/// What the authorization server says of itself: RFC 8414 metadata, also under OpenID Connect
/// Discovery's name. Only what exists.
///
/// Not here: the metadata of protected resources (`gateway/resource`).
@NullMarked
package dev.mandate.oauth.metadata;

import org.jspecify.annotations.NullMarked;
