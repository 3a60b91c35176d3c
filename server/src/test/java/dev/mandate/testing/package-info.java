/// Fixtures that more than one test uses: hand-written stand-ins that keep the contract of what
/// they stand for. Not here: tests.
@NullMarked
package dev.mandate.testing;

import org.jspecify.annotations.NullMarked;
