/// Sign-in with user name and password, and sign-out.
///
/// `GET|POST /signin`, `POST /signout`. Sessions and their cookies are in `domain/session`; where a
/// browser goes afterwards is in the form's `return` field, which can only name a page of ours.
@NullMarked
package dev.mandate.oauth.signin;

import org.jspecify.annotations.NullMarked;
