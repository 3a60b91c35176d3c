/// The gateway over real HTTP: against a hand-written upstream whose every byte the test decides,
/// and against the simulated provider through the official SDKs.
@NullMarked
package dev.mandate.gateway;

import org.jspecify.annotations.NullMarked;
