/// Tests of lines and circuits.
@NullMarked
package dev.mandate.gateway.line;

import org.jspecify.annotations.NullMarked;
