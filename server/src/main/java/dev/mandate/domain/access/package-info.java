/// What a caller may do at an upstream: models, capabilities and limits, as asked for, as allowed
/// and as given; and their JSON as `authorization_details` of type `llm_access` (RFC 9396).
///
/// Not here: who gave it to whom (`domain/mandate`), what is left of a limit (`domain/budget`).
@NullMarked
package dev.mandate.domain.access;

import org.jspecify.annotations.NullMarked;
