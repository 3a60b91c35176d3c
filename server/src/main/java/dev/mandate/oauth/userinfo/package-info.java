/// The UserInfo endpoint (OpenID Connect Core 1.0 §5.3): tells an app who approved, as far as the
/// person let it know.
///
/// It is a resource of its own: a token must name it in `aud` (RFC 9068 §4), which the token
/// endpoint sees to where `openid` was granted (`oauth/scope/Audience`). Not here: ID tokens
/// (`oauth/token`).
@NullMarked
package dev.mandate.oauth.userinfo;

import org.jspecify.annotations.NullMarked;
