package dev.mandate.oauth.logout;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.oauth.authorize.AuthorizationAnswer;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.jose.JwtVerifier;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an app asks for (RP-Initiated Logout 1.0 §2), each part checked.
///
/// @param client that asks; null where the request doesn't say
/// @param subject of its ID token; null where it brought none
/// @param target where the browser goes afterwards; null for a page of ours
/// @param state to be given back unchanged
record LogoutRequest(
    @Nullable Client client,
    @Nullable String subject,
    @Nullable String target,
    @Nullable String state) {
  static final String CLIENT = "client_id";
  static final String TARGET = "post_logout_redirect_uri";
  static final String STATE = "state";

  private static final String HINT = "id_token_hint";
  private static final String ID_TOKEN_TYPE = "JWT";
  private static final int STATE_CHARACTERS_MAX = 2000;

  /// Reads requests.
  static final class Reader {
    private final ClientStore clients;
    private final SigningKeys keys;
    private final JwtVerifier verifier;

    Reader(ClientStore clients, SigningKeys keys, InstantSource clock) {
      this.clients = clients;
      this.keys = keys;
      this.verifier = new JwtVerifier(clock, TokenConfig.DEFAULT.clockSkew());
    }

    /// @throws PageRefusal for a page: nothing is ended, and the browser goes nowhere
    LogoutRequest read(Issuer issuer, Parameters sent) {
      for (String name : sent.names()) {
        if (sent.all(name).size() > 1) {
          throw refused("A part of the request is there more than once.");
        }
      }
      String state = sent.one(STATE);
      if (state != null && state.length() > STATE_CHARACTERS_MAX) {
        throw refused("A part of the request is too long.");
      }
      JsonNode hint = hint(issuer, sent.one(HINT));
      String named = sent.one(CLIENT);
      String audience = hint == null ? null : hint.path("aud").textValue();
      // §2: where both are there, the token must have been issued to that client.
      if (hint != null && (audience == null || (named != null && !named.equals(audience)))) {
        throw refused("The app that asks is not the one that the sign-in was for.");
      }
      String id = audience == null ? named : audience;
      Client client = id == null ? null : clients.find(issuer.tenant(), new ClientId(id));
      return new LogoutRequest(
          client,
          hint == null ? null : hint.path("sub").textValue(),
          target(client, sent.one(TARGET)),
          state);
    }

    /// §4: one that has expired is as good; one that isn't ours is refused.
    private @Nullable JsonNode hint(Issuer issuer, @Nullable String token) {
      if (token == null) {
        return null;
      }
      try {
        return verifier.authentic(
            token, ID_TOKEN_TYPE, issuer.url(), kid -> keys.verifier(issuer.tenant(), kid));
      } catch (InvalidJwt _) {
        // What is wrong with it helps only whoever made it up.
        throw refused("The app's proof of your sign-in can't be verified.");
      }
    }

    /// §3: exactly a registered one; anything else would send people wherever a link says.
    private static @Nullable String target(@Nullable Client client, @Nullable String sent) {
      if (sent == null) {
        return null;
      }
      if (client == null || client.disabled() || !client.postLogoutRedirectUris().contains(sent)) {
        throw refused("The address to go to afterwards is not one that the app registered.");
      }
      return sent;
    }

    private static PageRefusal refused(String why) {
      return new PageRefusal(
          400, "This app cannot sign you out", why + " You are still signed in here.");
    }
  }

  /// The way on, after the session has ended.
  ///
  /// @param here for a browser that nobody wants back
  HttpResponse onwards(HttpResponse here) {
    return target == null
        ? here
        : AuthorizationAnswer.redirect(target, state == null ? Map.of() : Map.of(STATE, state));
  }

  /// Itself as the fields of a form.
  Map<String, String> fields() {
    Map<String, String> fields = new LinkedHashMap<>();
    if (client != null) {
      fields.put(CLIENT, client.id().value());
    }
    if (target != null) {
      fields.put(TARGET, target);
    }
    if (state != null) {
      fields.put(STATE, state);
    }
    return fields;
  }
}
