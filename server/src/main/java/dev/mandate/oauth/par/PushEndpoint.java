package dev.mandate.oauth.par;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.authorize.AuthorizeChecks;
import dev.mandate.oauth.authorize.PushedRequests;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.oauth.dpop.KeyBinding;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `POST /oauth/par` (RFC 9126 §2).
public final class PushEndpoint implements Endpoint {
  /// An authorization request with the largest details that we read has half of this.
  public static final int BODY_BYTES_MAX = 32 * 1024;

  /// How a client proves who it is, in the body.
  private static final Set<String> PROOFS =
      Set.of("client_secret", "client_assertion", "client_assertion_type");

  private final Issuers issuers;
  private final ClientAuthentication authentication;
  private final KeyBinding binding;
  private final AuthorizeChecks checks;
  private final PushedRequests pushed;
  private final AuditStore audit;
  private final InstantSource clock;

  public PushEndpoint(
      Issuers issuers,
      ClientAuthentication authentication,
      KeyBinding binding,
      AuthorizeChecks checks,
      PushedRequests pushed,
      AuditStore audit,
      InstantSource clock) {
    this.issuers = issuers;
    this.authentication = authentication;
    this.binding = binding;
    this.checks = checks;
    this.pushed = pushed;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    try {
      return answer(request, issuer);
    } catch (OAuthException e) {
      record(request, issuer, "authorization.refused", "anonymous", e.error().code());
      throw e;
    } catch (BadRequest e) {
      record(
          request, issuer, "authorization.refused", "anonymous", OAuthError.INVALID_REQUEST.code());
      throw e;
    }
  }

  private HttpResponse answer(HttpRequest request, Issuer issuer) {
    // RFC 9126 §2.3: 413 for a request beyond the bound.
    if (request.body().length > BODY_BYTES_MAX) {
      throw new OAuthException(
          OAuthError.REQUEST_TOO_LARGE,
          "the request has %d bytes, expected at most %d"
              .formatted(request.body().length, BODY_BYTES_MAX));
    }
    Parameters form = request.form();
    // §2.1 step 1: as at the token endpoint.
    Client client = authentication.authenticate(issuer, request, form);
    // §2.1 step 2.
    if (form.has("request_uri")) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "request_uri cannot be pushed; push what it stands for");
    }
    // §2.1 step 3.
    Map<String, List<String>> parameters = kept(form, client);
    bind(parameters, binding.proved(issuer, request));
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    checks.pushed(issuer, Parameters.of(parameters), now);
    Secret uri = pushed.push(issuer, client, parameters);
    record(request, issuer, "authorization.pushed", client.id().value(), "ok");
    // §2.2.
    return HttpResponse.json(
            201,
            Json.object()
                .put("request_uri", uri.reveal())
                .put("expires_in", pushed.lifetime().toSeconds()))
        .noStore();
  }

  /// RFC 9449 §10.1: a proof is as good as naming its key; both name the same.
  private static void bind(Map<String, List<String>> parameters, @Nullable String thumbprint) {
    if (thumbprint == null) {
      return;
    }
    List<String> named = parameters.put("dpop_jkt", List.of(thumbprint));
    if (named != null && !named.equals(List.of(thumbprint))) {
      throw new OAuthException(
          OAuthError.INVALID_DPOP_PROOF,
          "dpop_jkt is not of the key that the proof is signed with");
    }
  }

  /// Without the client's proof, which has done its work; with its name, which Basic may have had
  /// alone.
  private static Map<String, List<String>> kept(Parameters form, Client client) {
    Map<String, List<String>> kept = new LinkedHashMap<>();
    for (String name : form.names()) {
      if (!PROOFS.contains(name)) {
        kept.put(name, form.all(name));
      }
    }
    kept.put("client_id", List.of(client.id().value()));
    return kept;
  }

  /// Queued, not waited for: a public client's request can come from anybody, in any number.
  private void record(
      HttpRequest request, Issuer issuer, String type, String actor, String outcome) {
    audit.appendLater(
        new AuditEvent(
            issuer.tenant(), clock.instant(), type, actor, null, outcome, request.id(), Map.of()));
  }
}
