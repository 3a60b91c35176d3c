/// Calls that reach what a provider keeps: whose it is, with which key it is reached, and that what
/// comes into being has an owner before anybody hears of it.
///
/// Not here: the map itself (`domain/providerstate`), and calls that have a model run
/// (`gateway/relay`).
@NullMarked
package dev.mandate.gateway.keeping;

import org.jspecify.annotations.NullMarked;
