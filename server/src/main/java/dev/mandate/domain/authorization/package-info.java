/// An authorization request between its arrival and the person's answer: kept by us, continued only
/// by the browser that brought it, answered once.
///
/// Not here: reading and checking it (`oauth/authorize`), the code that answers it
/// (`domain/token`).
@NullMarked
package dev.mandate.domain.authorization;

import org.jspecify.annotations.NullMarked;
