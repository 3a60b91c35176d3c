/// Token introspection (RFC 7662): says whether a token holds right now, and what it is worth.
///
/// Who may learn what: a confidential client about its own tokens; one whose registration has
/// `introspect` among its scopes about every token of its tenant, because it speaks for the
/// tenant's resources (a gateway, a resource server of the tenant's own). A scope of the
/// registration and not of a token, since it is the client's right, which no person can give it. An
/// API key of the tenant with that scope may ask as such a client may. Everybody else gets `active:
/// false`, the same answer as for a token that never was, so the endpoint tells a stranger nothing
/// (§4). Not here: what a mandate is worth (`domain/mandate`), how the gateway judges its callers
/// (`gateway/caller`).
@NullMarked
package dev.mandate.oauth.introspect;

import org.jspecify.annotations.NullMarked;
