/// Plane 3, the admin API under `/admin/v1`: JSON over API keys, errors as RFC 9457.
///
/// Not here: pages (`console`).
@NullMarked
package dev.mandate.admin;

import org.jspecify.annotations.NullMarked;
