/// What is seen of a request from outside: its facts are collected while it runs, and at its end
/// become a measurement, an access line and a span.
///
/// Not here: any decision. Nothing in this room changes what a request is answered.
@NullMarked
package dev.mandate.platform.observe;

import org.jspecify.annotations.NullMarked;
