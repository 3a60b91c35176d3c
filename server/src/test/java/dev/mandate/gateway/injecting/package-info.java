/// What goes on outgoing requests, alone.
@NullMarked
package dev.mandate.gateway.injecting;

import org.jspecify.annotations.NullMarked;
