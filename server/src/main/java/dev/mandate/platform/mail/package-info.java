/// Sends mail: a plain-text message to one address over SMTP (RFC 5321, RFC 5322).
///
/// Not here: what is said to whom, and when it is tried again (`domain/notice`).
@NullMarked
package dev.mandate.platform.mail;

import org.jspecify.annotations.NullMarked;
