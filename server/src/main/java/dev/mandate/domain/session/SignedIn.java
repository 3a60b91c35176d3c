package dev.mandate.domain.session;

import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;

/// A request's session with the person behind it.
///
/// @param cookie the session's value in the clear, to which forms are bound
public record SignedIn(Session session, User user, Secret cookie) {}
