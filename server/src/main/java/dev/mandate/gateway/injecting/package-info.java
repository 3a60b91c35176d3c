/// What goes on the outgoing request and what comes back on the answer: header allow-lists both
/// ways, and the provider's key.
///
/// Not here: the body's changes (`gateway/prompting`).
@NullMarked
package dev.mandate.gateway.injecting;

import org.jspecify.annotations.NullMarked;
