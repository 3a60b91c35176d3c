/// The readers of bodies alone, without a gateway around them.
@NullMarked
package dev.mandate.gateway.prompting;

import org.jspecify.annotations.NullMarked;
