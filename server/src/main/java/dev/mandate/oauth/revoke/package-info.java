/// The revocation endpoint (RFC 7009).
///
/// Not here: revoking from the pages (`console`) and the API (`admin`); all three end in
/// `MandateStore.revoke`.
@NullMarked
package dev.mandate.oauth.revoke;

import org.jspecify.annotations.NullMarked;
