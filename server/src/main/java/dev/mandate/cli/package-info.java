/// The command line: operator commands, no logic beyond calling `app`.
@NullMarked
package dev.mandate.cli;

import org.jspecify.annotations.NullMarked;
