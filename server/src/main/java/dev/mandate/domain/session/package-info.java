/// Signed-in browsers, and the brake on guessing passwords.
///
/// Not here: cookies (`oauth/signin`).
@NullMarked
package dev.mandate.domain.session;

import org.jspecify.annotations.NullMarked;
