package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.Proof;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.json.Json;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a client's proof is checked with, as its column holds it.
final class ProofJson {
  private ProofJson() {}

  static String write(Proof proof) {
    ObjectNode json = Json.object();
    switch (proof) {
      case Proof.Nothing _ -> {
        // The method says it all.
      }
      case Proof.Secrets(var _, var secrets) -> {
        ArrayNode array = json.putArray("secrets");
        for (ClientSecret secret : secrets) {
          array
              .addObject()
              .put("id", secret.id())
              .put("hash", secret.hash().value())
              .put("created_at", secret.createdAt().toEpochMilli());
        }
      }
      case Proof.Keys(var algorithm, var jwks, var jwksUri) -> {
        if (algorithm != null) {
          json.put("alg", algorithm.name());
        }
        if (jwks != null) {
          json.put("jwks", jwks);
        }
        if (jwksUri != null) {
          json.put("jwks_uri", jwksUri.toString());
        }
      }
    }
    return Json.write(json);
  }

  static Proof read(AuthMethod method, String text) {
    JsonNode json = Json.parse(text);
    return switch (method) {
      case NONE -> new Proof.Nothing();
      case SECRET, SECRET_BASIC, SECRET_POST ->
          new Proof.Secrets(method, secrets(json.path("secrets")));
      case PRIVATE_KEY_JWT -> {
        String algorithm = json.path("alg").textValue();
        @Nullable String uri = json.path("jwks_uri").textValue();
        yield new Proof.Keys(
            algorithm == null ? null : SignatureAlgorithm.valueOf(algorithm),
            json.path("jwks").textValue(),
            uri == null ? null : URI.create(uri));
      }
    };
  }

  private static List<ClientSecret> secrets(JsonNode array) {
    List<ClientSecret> secrets = new ArrayList<>();
    for (JsonNode secret : array) {
      secrets.add(
          new ClientSecret(
              secret.path("id").asText(),
              new TokenHash(secret.path("hash").asText()),
              Instant.ofEpochMilli(secret.path("created_at").longValue())));
    }
    return secrets;
  }
}
