/// Which of a provider's endpoints are served: an allow-list, one table.
///
/// Not here: which members of a body they take (`gateway/prompting`).
@NullMarked
package dev.mandate.gateway.routing;

import org.jspecify.annotations.NullMarked;
