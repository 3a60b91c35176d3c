/// Plane 4, the person's own pages: my mandates and what they spent, revoking them, API keys bound
/// to them.
///
/// `/`, `/mandates`, `/mandates/{id}`, `/account`, `/account/keys`. Every one of these shows and
/// changes what belongs to the person who is signed in; somebody else's is not there (404). Only
/// what is below `/admin` shows what is everybody's, to roles that may look. Not here: sign-in
/// (`oauth/signin`), giving a mandate (`oauth/consent`), the operator's API (`admin`).
@NullMarked
package dev.mandate.console;

import org.jspecify.annotations.NullMarked;
