/// Mandate: an OAuth 2.1 authorization server and the gateway that agents call through.
///
/// Two floors: planes (`oauth`, `gateway`, `admin`, `console`) above nouns (`domain`); edges are
/// `storage` and `platform`; `app` wires them. ARCHITECTURE.md walks through it.
@NullMarked
package dev.mandate;

import org.jspecify.annotations.NullMarked;
