package dev.mandate.oauth.consent;

import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.authorization.DeviceStore;
import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PendingStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.token.AuthorizationCodes;
import dev.mandate.oauth.authorize.PendingRequests;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Turns an answer into what it means: a mandate and a code, or nothing. Either uses the request
/// up.
public final class Approval {
  private final PendingStore pendings;
  private final MandateStore mandates;
  private final AuthorizationCodes codes;
  private final DeviceStore devices;
  private final AuditStore audit;
  private final TokenSource random;
  private final ConsentConfig config;

  public Approval(
      PendingStore pendings,
      MandateStore mandates,
      AuthorizationCodes codes,
      DeviceStore devices,
      AuditStore audit,
      TokenSource random,
      ConsentConfig config) {
    this.pendings = pendings;
    this.mandates = mandates;
    this.codes = codes;
    this.devices = devices;
    this.audit = audit;
    this.random = random;
    this.config = config;
  }

  /// @return the code for the app; null where a device waits for the answer and hears it when it
  ///   polls
  /// @throws PageRefusal when the request was answered meanwhile, or the person has too many
  ///   mandates
  @Nullable Secret approve(
      PendingAuthorization pending,
      SignedIn signedIn,
      Offer offer,
      Choice.Given given,
      Instant now,
      String requestId) {
    int live = mandates.countLive(pending.tenant(), signedIn.user().id(), now);
    if (live >= config.mandatesPerUserMax()) {
      throw new PageRefusal(
          409,
          "You have too many mandates",
          "You have %d active mandates and can have at most %d. Revoke some under My mandates, then"
                  .formatted(live, config.mandatesPerUserMax())
              + " load the request's page again.");
    }
    consume(pending, now);
    Mandate mandate = mandate(pending, signedIn, offer, given, now);
    mandates.insert(mandate);
    Secret code = pending.userCode() == null ? code(pending, signedIn, mandate) : null;
    if (code == null) {
      devices.approve(
          pending.tenant(), pending.id(), mandate.id(), signedIn.session().authenticatedAt());
    }
    audit.append(
        List.of(
            new AuditEvent(
                pending.tenant(),
                now,
                "mandate.approved",
                signedIn.user().id().value(),
                mandate.id().value(),
                "ok",
                requestId,
                Map.of(
                    "client", pending.client().value(),
                    "redirect_uri", pending.redirectUri(),
                    "scope", String.join(" ", mandate.scopes()),
                    "authorization_details",
                        Json.write(AuthorizationDetails.write(mandate.access(), now)),
                    "expires_at", mandate.expiresAt().toString()))));
    return code;
  }

  private Secret code(PendingAuthorization pending, SignedIn signedIn, Mandate mandate) {
    return codes.issue(
        mandate,
        pending.redirectUriSent() ? pending.redirectUri() : null,
        pending.codeChallenge(),
        pending.nonce(),
        pending.resources(),
        pending.thumbprint(),
        signedIn.session().authenticatedAt());
  }

  /// @param reason for the audit: who ended it
  void deny(
      PendingAuthorization pending,
      SignedIn signedIn,
      String reason,
      Instant now,
      String requestId) {
    consume(pending, now);
    if (pending.userCode() != null) {
      devices.deny(pending.tenant(), pending.id(), now);
    }
    audit.append(
        List.of(
            new AuditEvent(
                pending.tenant(),
                now,
                "mandate.denied",
                signedIn.user().id().value(),
                null,
                "access_denied",
                requestId,
                Map.of("client", pending.client().value(), "reason", reason))));
  }

  /// Of two posts of one form, one goes on from here.
  private void consume(PendingAuthorization pending, Instant now) {
    if (!pendings.consume(pending.tenant(), pending.id(), now)) {
      throw PendingRequests.ended();
    }
  }

  private Mandate mandate(
      PendingAuthorization pending,
      SignedIn signedIn,
      Offer offer,
      Choice.Given given,
      Instant now) {
    Instant end = now.plus(given.lifetime());
    List<LlmAccess> access = new ArrayList<>();
    for (Choice.GivenPart part : given.parts()) {
      Instant partEnd = now.plus(part.offered().lifetime());
      access.add(
          new LlmAccess(
              part.offered().upstream().name(),
              new TreeSet<>(part.models()),
              part.capabilities(),
              part.limits(),
              part.offered().categories(),
              partEnd.isBefore(end) ? partEnd : end));
    }
    // A mandate does not outlive all that it gives.
    Instant last = access.stream().map(LlmAccess::expiresAt).max(Instant::compareTo).orElse(end);
    return new Mandate(
        pending.tenant(),
        new MandateId(random.id("mnd")),
        pending.client(),
        signedIn.user().id(),
        scopes(offer, access),
        access,
        now,
        last,
        null,
        null);
  }

  /// Without the scopes of upstreams, and of tiers, that the person took away.
  private static SortedSet<String> scopes(Offer offer, List<LlmAccess> access) {
    SortedSet<String> scopes = new TreeSet<>(offer.scopes());
    scopes.removeIf(
        scope -> {
          String upstream = Scopes.upstream(scope);
          return upstream != null && access.stream().noneMatch(a -> a.upstream().equals(upstream));
        });
    ModelTiers tiers = new ModelTiers(offer.tiers());
    for (ModelTier tier : offer.tiers()) {
      if (access.stream().noneMatch(a -> hasModelOf(tiers, tier, a))) {
        scopes.remove(tier.scope());
      }
    }
    return scopes;
  }

  private static boolean hasModelOf(ModelTiers tiers, ModelTier tier, LlmAccess access) {
    return access.models().stream()
        .anyMatch(model -> tier.equals(tiers.of(access.upstream(), model)));
  }
}
