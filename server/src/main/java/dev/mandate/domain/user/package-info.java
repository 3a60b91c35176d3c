/// People in a tenant, their roles, and what a role may give away.
///
/// Not here: how they prove who they are (`oauth/signin`), their sessions (`domain/session`).
@NullMarked
package dev.mandate.domain.user;

import org.jspecify.annotations.NullMarked;
