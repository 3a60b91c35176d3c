package dev.mandate.gateway.injecting;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A credential for Amazon's services as it is entered: a Bedrock API key, or an access key as
/// AWS's own tools print it (`credential_process`): `{"AccessKeyId": …, "SecretAccessKey": …}`,
/// with `SessionToken` where it is a temporary one, and `Region` where the upstream's host doesn't
/// say it.
sealed interface AwsKey {
  Logger log = LoggerFactory.getLogger(AwsKey.class);

  /// Goes out as it is, as a bearer token.
  record Bearer(Secret token) implements AwsKey {}

  /// Signs requests.
  record Access(String id, Secret secret, @Nullable Secret sessionToken, @Nullable String region)
      implements AwsKey {}

  /// What isn't whole goes out as a token, and is refused as one.
  static AwsKey of(Secret entered) {
    if (entered.reveal().startsWith("{")) {
      try {
        JsonNode json = Json.parse(entered.utf8());
        String id = json.path("AccessKeyId").asText();
        String secret = json.path("SecretAccessKey").asText();
        String session = json.path("SessionToken").asText();
        String region = json.path("Region").asText();
        if (!id.isEmpty() && !secret.isEmpty()) {
          return new Access(
              id,
              Secret.of(secret),
              session.isEmpty() ? null : Secret.of(session),
              region.isEmpty() ? null : region);
        }
      } catch (RuntimeException e) {
        // Without its message, which can quote what it read.
        log.warn("a credential begins as JSON and isn't");
      }
    }
    return new Bearer(Secret.of(entered.reveal().replaceAll("[^\\x21-\\x7E]", "")));
  }
}
