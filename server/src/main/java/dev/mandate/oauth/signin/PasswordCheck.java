package dev.mandate.oauth.signin;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.session.SignInThrottle;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Checks a user name and password: counts first, then takes the same time whether or not there is
/// such a user.
public final class PasswordCheck {
  private static final String ANONYMOUS = "anonymous";

  /// What became of an attempt.
  sealed interface Outcome {
    record Proved(User user) implements Outcome {}

    /// No such user, a wrong password, or a disabled user.
    record Refused() implements Outcome {}

    /// @param window after which the attempts are certainly forgotten
    record TooMany(Duration window) implements Outcome {}
  }

  private final UserStore users;
  private final PasswordHasher hasher;
  private final SignInThrottle throttle;
  private final AuditStore audit;
  private final InstantSource clock;
  private final SignInConfig config;

  public PasswordCheck(
      UserStore users,
      PasswordHasher hasher,
      SignInThrottle throttle,
      AuditStore audit,
      InstantSource clock,
      SignInConfig config) {
    this.users = users;
    this.hasher = hasher;
    this.throttle = throttle;
    this.audit = audit;
    this.clock = clock;
    this.config = config;
  }

  Outcome check(Issuer issuer, HttpRequest request, String username, Secret password) {
    TenantId tenant = issuer.tenant();
    Instant now = clock.instant();
    String account = account(username);
    // Counted before the password is looked at, so that parallel guesses count too. The address
    // first: somebody who floods must not lock every account on the way.
    if (!throttle.admit(
            tenant,
            address(request.remoteAddress()),
            config.attemptsPerAddress(),
            config.window(),
            now)
        || !throttle.admit(tenant, account, config.attemptsPerAccount(), config.window(), now)) {
      record(request, tenant, now, ANONYMOUS, "throttled", account);
      return new Outcome.TooMany(config.window());
    }
    User user = users.findByUsername(tenant, username);
    if (user == null) {
      hasher.matchDecoy(password);
      record(request, tenant, now, ANONYMOUS, "unknown_user", account);
      return new Outcome.Refused();
    }
    if (!hasher.matches(password, user.passwordHash())) {
      record(request, tenant, now, user.id().value(), "wrong_password", null);
      return new Outcome.Refused();
    }
    if (user.disabled()) {
      record(request, tenant, now, user.id().value(), "user_disabled", null);
      return new Outcome.Refused();
    }
    throttle.clear(tenant, account);
    record(request, tenant, now, user.id().value(), "ok", null);
    return new Outcome.Proved(user);
  }

  /// A hash: people type passwords into the wrong field, and those must not be stored. Folded as
  /// the store does it.
  private static String account(String username) {
    return "account/" + TokenHash.of(Secret.of(User.folded(username))).value();
  }

  /// One person has a whole IPv6 /64, so that is one subject.
  private static String address(String remote) {
    String[] groups = remote.split(":", -1);
    boolean full = groups.length == 8;
    return "address/" + (full ? String.join(":", List.of(groups).subList(0, 4)) : remote);
  }

  private void record(
      HttpRequest request,
      TenantId tenant,
      Instant now,
      String actor,
      String outcome,
      @Nullable String account) {
    String type = outcome.equals("ok") ? "signin.ok" : "signin.refused";
    Map<String, String> details =
        account == null
            ? Map.of("address", request.remoteAddress())
            : Map.of("address", request.remoteAddress(), "subject", account);
    AuditEvent event =
        new AuditEvent(tenant, now, type, actor, null, outcome, request.id(), details);
    if (outcome.equals("throttled")) {
      // Nothing bounds how many of these there are, so they must not cost a commit each.
      audit.appendLater(event);
    } else {
      audit.append(List.of(event));
    }
  }
}
