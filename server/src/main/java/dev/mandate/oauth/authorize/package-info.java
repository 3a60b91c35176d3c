/// The authorization endpoint (RFC 6749 §3.1): checks what an app asks for, keeps it, and leads the
/// browser through sign-in and consent.
///
/// `GET|POST /oauth/authorize` → `GET /oauth/authorize/{id}`, to which each step returns. The
/// checks are one list in [AuthorizeChecks]. Not here: the steps themselves (`oauth/signin`,
/// `oauth/consent`), the exchange of the code (`oauth/token`).
@NullMarked
package dev.mandate.oauth.authorize;

import org.jspecify.annotations.NullMarked;
