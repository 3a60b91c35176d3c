/// What reads answers on their way through, alone.
@NullMarked
package dev.mandate.gateway.relay;

import org.jspecify.annotations.NullMarked;
