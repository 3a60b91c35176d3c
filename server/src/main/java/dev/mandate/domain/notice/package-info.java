/// What people should hear of without asking: a key that leaked or ends soon, a credential past its
/// age, a caller that behaves like no one did before.
///
/// Not here: what happened and by whom, for the record (`domain/audit`).
@NullMarked
package dev.mandate.domain.notice;

import org.jspecify.annotations.NullMarked;
