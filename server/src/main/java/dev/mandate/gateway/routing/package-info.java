/// Which of a provider's endpoints are served, and on which paths: allow-lists, a table each.
///
/// Not here: which members of a body they take (`gateway/prompting`).
@NullMarked
package dev.mandate.gateway.routing;

import org.jspecify.annotations.NullMarked;
