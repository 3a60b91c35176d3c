/// Sign-out that an app asks for (OpenID Connect RP-Initiated Logout 1.0).
///
/// `GET|POST /oauth/logout`, `POST /oauth/logout/confirm`. Who brings an ID token of the person who
/// is signed in ends the session at once; otherwise the person is asked. The browser goes on to a
/// registered address only.
///
/// Not here: sign-out on our own pages (`oauth/signin`).
@NullMarked
package dev.mandate.oauth.logout;

import org.jspecify.annotations.NullMarked;
