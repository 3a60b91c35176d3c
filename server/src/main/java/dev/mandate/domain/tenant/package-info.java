/// The isolation boundary: every row, key, budget and log line belongs to exactly one tenant.
///
/// Not here: how a path names a tenant (`platform/http/TenantPath`).
@NullMarked
package dev.mandate.domain.tenant;

import org.jspecify.annotations.NullMarked;
