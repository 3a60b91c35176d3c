package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.VerifyingJwk;
import dev.mandate.platform.json.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// How a client proves who it is, as JSON: its schemas, reading and writing (names of RFC 7591 §2).
final class ClientProofJson {
  private static final String METHOD = "token_endpoint_auth_method";
  private static final String ALGORITHM = "token_endpoint_auth_signing_alg";
  private static final String JWKS = "jwks";
  private static final String JWKS_URI = "jwks_uri";
  private static final int KEY_MEMBER_MAX = 4_000;
  private static final int URI_CHARACTERS_MAX = 500;

  private static final Schema KEY_SET =
      Schema.answer("JwkSet", "Public keys (RFC 7517 §5): P-256, or RSA of 2048 bits and more.")
          .with(
              "keys",
              Schema.array(
                      Schema.answer("Jwk", "A public key (RFC 7517 §4).")
                          .with("kty", Schema.string(1, KEY_MEMBER_MAX)),
                      VerifyingJwk.SET_MAX)
                  .atLeast(1));

  private ClientProofJson() {}

  static Schema settings(Schema schema) {
    return schema
        .maybe(
            METHOD,
            Schema.oneOf(Arrays.stream(AuthMethod.values()).map(AuthMethod::wire).toList())
                .describe(
                    "The one way in which it proves who it is: `none` for a public client;"
                        + " for a confidential one `client_secret_basic` when absent."
                        + " `client_secret` is either place of a secret. A secret can change its"
                        + " place; nothing else of this changes."))
        .maybe(
            ALGORITHM,
            ClientJson.ALGORITHM.describe(
                "Of `private_key_jwt`: the only one that is taken; any that its key has, when"
                    + " absent."))
        .maybe(JWKS, KEY_SET.describe("Of `private_key_jwt`: its public keys."))
        .maybe(
            JWKS_URI,
            Schema.string(1, URI_CHARACTERS_MAX)
                .describe("Of `private_key_jwt`: where it publishes them, instead of `jwks`."));
  }

  /// The method of a client to be.
  static AuthMethod method(ObjectNode body, boolean confidential) {
    AuthMethod method =
        body.has(METHOD)
            ? AuthMethod.of(body.path(METHOD).asText())
            : confidential ? AuthMethod.SECRET_BASIC : AuthMethod.NONE;
    if (confidential == (method == AuthMethod.NONE)) {
      throw Problem.member(
          "/" + METHOD,
          "is '%s', which is not for a %s client"
              .formatted(method.wire(), confidential ? "confidential" : "public"));
    }
    return method;
  }

  /// What a client proves who it is with.
  ///
  /// @param secrets empty where the method takes none
  static Proof read(ObjectNode body, AuthMethod method, List<ClientSecret> secrets, Egress egress) {
    if (method != AuthMethod.PRIVATE_KEY_JWT) {
      for (String member : List.of(ALGORITHM, JWKS, JWKS_URI)) {
        if (body.has(member)) {
          throw Problem.member("/" + member, "is for private_key_jwt only");
        }
      }
    }
    return switch (method) {
      case NONE -> new Proof.Nothing();
      case SECRET, SECRET_BASIC, SECRET_POST -> new Proof.Secrets(method, secrets);
      case PRIVATE_KEY_JWT -> keys(body, egress);
    };
  }

  /// The proof after a change: a secret stays one and keys stay keys.
  static Proof changed(Client current, ObjectNode body, Egress egress) {
    AuthMethod before = current.proof().method();
    AuthMethod after = body.has(METHOD) ? AuthMethod.of(body.path(METHOD).asText()) : before;
    List<ClientSecret> secrets =
        current.proof() instanceof Proof.Secrets(var _, var kept) ? kept : List.of();
    if (after != before && !(after.isSecret() && before.isSecret())) {
      throw Problem.member(
          "/" + METHOD,
          "is '%s', and '%s' cannot become that".formatted(after.wire(), before.wire()));
    }
    return read(body, after, secrets, egress);
  }

  private static Proof.Keys keys(ObjectNode body, Egress egress) {
    JsonNode set = body.get(JWKS);
    if ((set == null) == !body.has(JWKS_URI)) {
      throw Problem.member("/" + JWKS, "is there with jwks_uri or both are missing, expected one");
    }
    if (set != null) {
      try {
        VerifyingJwk.set(set, true);
      } catch (IllegalArgumentException e) {
        throw Problem.member("/" + JWKS, String.valueOf(e.getMessage()));
      }
    }
    String algorithm = body.path(ALGORITHM).textValue();
    return new Proof.Keys(
        algorithm == null ? null : SignatureAlgorithm.valueOf(algorithm),
        set == null ? null : new String(Json.canonical(set), StandardCharsets.UTF_8),
        set == null ? uri(body, egress) : null);
  }

  private static URI uri(ObjectNode body, Egress egress) {
    try {
      URI uri = new URI(body.path(JWKS_URI).asText());
      String wrong = egress.wrongWithDocument(uri);
      if (wrong != null) {
        throw Problem.member("/" + JWKS_URI, wrong);
      }
      return uri;
    } catch (URISyntaxException e) {
      throw Problem.member("/" + JWKS_URI, "is not a URI");
    }
  }

  static void write(ObjectNode node, Proof proof) {
    node.put(METHOD, proof.method().wire());
    if (proof instanceof Proof.Keys(var algorithm, var jwks, var jwksUri)) {
      if (algorithm != null) {
        node.put(ALGORITHM, algorithm.name());
      }
      if (jwks != null) {
        node.set(JWKS, Json.parse(jwks));
      }
      if (jwksUri != null) {
        node.put(JWKS_URI, jwksUri.toString());
      }
    }
  }
}
