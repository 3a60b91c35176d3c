package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.idempotency.IdempotencyKey;
import dev.mandate.domain.idempotency.IdempotencyStore;
import dev.mandate.domain.idempotency.IdempotencyStore.Claim;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// Lets a client send a POST again when it doesn't know what became of the first: `Idempotency-Key`
/// (draft-ietf-httpapi-idempotency-key-header). One key, one effect.
public final class Repeats {
  static final String HEADER = "idempotency-key";
  static final String REPLAYED = "idempotency-replayed";
  static final int CHARACTERS_MAX = 200;
  static final String SYNTAX = "^[\\x21-\\x7E]{1," + CHARACTERS_MAX + "}$";
  static final Duration KEPT = Duration.ofHours(24);

  private static final Pattern KEY = Pattern.compile(SYNTAX);
  private static final List<String> KEPT_HEADERS = List.of("content-type", "etag", "location");

  private final IdempotencyStore store;
  private final Vault vault;

  public Repeats(IdempotencyStore store, Vault vault) {
    this.store = store;
    this.vault = vault;
  }

  /// Answers from what was kept, or has `work` done under the request's key if it has one.
  ///
  /// A refusal had no effect and gives the key back. Anything else that `work` throws leaves the
  /// key taken without an answer: nobody knows how far it came, and a second effect is worse than a
  /// question.
  HttpResponse run(Call call, HttpRequest request, Supplier<HttpResponse> work) {
    List<String> values = request.headers().all(HEADER);
    if (values.isEmpty()) {
      return work.get();
    }
    if (values.size() > 1 || !KEY.matcher(values.getFirst()).matches()) {
      throw Problem.INVALID_PARAMETER.because(
          "Idempotency-Key is 1 to " + CHARACTERS_MAX + " visible ASCII characters, once");
    }
    IdempotencyKey key = new IdempotencyKey(call.tenant(), call.caller().id(), values.getFirst());
    return switch (store.claim(key, hash(request), call.now(), call.now().plus(KEPT))) {
      case Claim.Fresh() -> first(key, work);
      case Claim.Open() ->
          throw Problem.IDEMPOTENCY_KEY_IN_USE
              .because(
                  "the first request with this key runs still or was cut off; if it stays so, read"
                      + " whether its effect is there before you use a new key")
              .with("retry-after", "1");
      case Claim.Other() ->
          throw Problem.IDEMPOTENCY_KEY_REUSED.because(
              "this key was used for a request that differs from this one");
      case Claim.Answered(var sealed) ->
          read(vault.open(key.tenant(), row(key), sealed)).with(REPLAYED, "true");
    };
  }

  private HttpResponse first(IdempotencyKey key, Supplier<HttpResponse> work) {
    HttpResponse answer;
    try {
      answer = work.get();
    } catch (Refused e) {
      store.release(key);
      throw e;
    }
    store.answer(key, vault.seal(key.tenant(), row(key), write(answer)));
    return answer;
  }

  private static String hash(HttpRequest request) {
    String target = request.method() + " " + request.path() + "?" + request.rawQuery() + "\n";
    byte[] head = target.getBytes(StandardCharsets.UTF_8);
    byte[] all = java.util.Arrays.copyOf(head, head.length + request.body().length);
    System.arraycopy(request.body(), 0, all, head.length, request.body().length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(TokenHash.sha256(all));
  }

  private static String row(IdempotencyKey key) {
    return "idempotency_key/" + key.caller() + "/" + key.value();
  }

  private static byte[] write(HttpResponse answer) {
    ObjectNode kept = Json.object().put("status", answer.status()).put("body", answer.body());
    ObjectNode headers = kept.putObject("headers");
    for (String name : KEPT_HEADERS) {
      String value = answer.headers().first(name);
      if (value != null) {
        headers.put(name, value);
      }
    }
    return Json.bytes(kept);
  }

  private static HttpResponse read(byte[] json) {
    JsonNode kept = Json.parse(json);
    Headers headers = Headers.NONE;
    for (var header : kept.required("headers").properties()) {
      headers = headers.with(header.getKey(), header.getValue().asText());
    }
    try {
      return new HttpResponse(
          kept.required("status").asInt(), headers, kept.required("body").binaryValue());
    } catch (IOException e) {
      throw new IllegalStateException("a kept answer has a body that is not base64", e);
    }
  }
}
