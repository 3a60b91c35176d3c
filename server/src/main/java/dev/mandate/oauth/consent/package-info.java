/// Consent: what an app's request comes to for this very person, the page that says so in plain
/// words, and the mandate that the answer makes.
///
/// `GET|POST /oauth/consent/{id}`. [Offer] = asked ∩ the client's policy ∩ the person's
/// entitlements ∩ the catalogue; the person can narrow each part of it and widen none. Not here:
/// whether the request is one at all (`oauth/authorize`), what the mandate is worth later
/// (`domain/mandate`).
@NullMarked
package dev.mandate.oauth.consent;

import org.jspecify.annotations.NullMarked;
