/// What is traced: spans of a request and of what it waits for, sent to a collector over OTLP/HTTP;
/// and the caller's trace, as W3C Trace Context names it. The only room that knows OpenTelemetry.
///
/// Not here: which spans there are, and their attributes.
@NullMarked
package dev.mandate.platform.trace;

import org.jspecify.annotations.NullMarked;
