/// Signed-in browsers: their cookies, the proof that a form came from our own page, and the brake
/// on guessing passwords.
///
/// Not here: proving who one is (`oauth/signin`).
@NullMarked
package dev.mandate.domain.session;

import org.jspecify.annotations.NullMarked;
