/// The pushed authorization request endpoint (RFC 9126): a client hands in its authorization
/// request itself, authenticated and checked, and gets a `request_uri` for the browser to carry.
///
/// A request can't be read or changed on its way through the browser, and a wrong one is refused
/// before a person sees it. Not here: the checks and the use of the `request_uri`
/// (`oauth/authorize`).
@NullMarked
package dev.mandate.oauth.par;

import org.jspecify.annotations.NullMarked;
