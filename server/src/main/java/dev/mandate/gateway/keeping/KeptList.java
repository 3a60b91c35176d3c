package dev.mandate.gateway.keeping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.upstream.Api;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.Refusal.Code;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.ProviderKeys;
import dev.mandate.gateway.prompting.Reference;
import dev.mandate.platform.json.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A list of what the caller has: which objects, our map says; what they are, the provider. Its own
/// list is never asked for: it has everybody's.
final class KeptList {
  /// Objects of one answer, each of which is asked for; callers see that there are more.
  private static final int PAGE_MAX = 20;

  private final KeptCall call;
  private final ProviderKeys keys;
  private final ObjectKind kind;
  private final ArrayNode data = Json.object().arrayNode();
  private int limit = PAGE_MAX;
  private @Nullable String after;
  private @Nullable String purpose;
  private boolean more;

  KeptList(KeptCall call, ProviderKeys keys) {
    this.call = call;
    this.keys = keys;
    ObjectKind listed = call.request.route().row().kind();
    if (listed == null) {
      throw new IllegalStateException("a list is of a kind");
    }
    this.kind = listed;
  }

  void begin() {
    try {
      parameters();
    } catch (Refusal e) {
      call.failed(e);
      return;
    }
    if (after == null) {
      page(null);
      return;
    }
    call.keeping.objects.find(
        call.request.mandate().tenant(),
        call.request.owner(),
        call.request.target().upstream().name(),
        List.of(new Reference(kind, after)),
        (found, failure) -> {
          if (found == null) {
            call.failed(failure == null ? new IllegalStateException("no value") : failure);
          } else {
            page(found.getFirst());
          }
        });
  }

  private void parameters() {
    String query = call.request.exchange().query();
    for (String pair : query == null || query.isEmpty() ? new String[0] : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      String value = parts.length == 1 ? "" : parts[1];
      switch (parts[0]) {
        case "after", "after_id" -> after = value;
        case "purpose" -> purpose = value;
        case "order" -> {
          if (!value.equals("desc")) {
            throw Refusal.of(Code.PARAMETER_NOT_ALLOWED, "'order' may only be 'desc' here");
          }
        }
        case "limit" -> {
          if (!value.matches("[1-9][0-9]{0,4}")) {
            throw Refusal.of(
                Code.INVALID_REQUEST_BODY, "'limit' must be a whole number from 1 to 99999");
          }
          limit = Math.min(PAGE_MAX, Integer.parseInt(value));
        }
        default -> {
          // What the route takes beside these changes nothing here.
        }
      }
    }
  }

  private void page(@Nullable StoredObject last) {
    var _ =
        call.keeping
            .workers
            .executeBlocking(
                () ->
                    call.keeping.store.owned(
                        call.request.mandate().tenant(),
                        call.request.owner(),
                        call.request.target().upstream().name(),
                        kind,
                        last,
                        limit + 1,
                        call.keeping.clock.instant()),
                false)
            .onComplete(
                found ->
                    call.request
                        .loop()
                        .runOnContext(
                            _ -> {
                              more = found.size() > limit;
                              describe(more ? found.subList(0, limit) : found, 0);
                            }),
                failure -> call.request.loop().runOnContext(_ -> call.failed(failure)));
  }

  private void describe(List<StoredObject> page, int at) {
    if (call.isOver()) {
      return;
    }
    if (at == page.size()) {
      call.write(answer(page));
      return;
    }
    StoredObject one = page.get(at);
    ProviderKey key;
    try {
      key = KeptKeys.take(call.request.target(), call.request.standing(), keys, List.of(one));
    } catch (Refusal elsewhere) {
      // It can't be reached now, and is no less the caller's.
      describe(page, at + 1);
      return;
    }
    String path = call.request.route().row().template() + "/" + one.providerId();
    call.exchange(key, HttpMethod.GET, path, null)
        .whole((head, body) -> described(page, at, head, body), call::failed);
  }

  private void described(List<StoredObject> page, int at, HttpClientResponse head, Buffer body) {
    if (head.statusCode() == 200) {
      JsonNode object = KeptExchange.object(body);
      if (object != null && (purpose == null || purpose.equals(object.path("purpose").asText()))) {
        data.add(object);
      }
    } else if (head.statusCode() != 404) {
      call.failed(
          Refusal.of(
              Code.UPSTREAM_UNREACHABLE,
              "the upstream answered " + head.statusCode() + " for an object of the list"));
      return;
    }
    describe(page, at + 1);
  }

  private Buffer answer(List<StoredObject> page) {
    ObjectNode json = Json.object();
    if (call.request.target().provider().api() == Api.OPENAI) {
      json.put("object", "list");
    }
    json.set("data", data);
    json.put("has_more", more);
    // Of the page, not of what was found of it: the next one begins after its last.
    json.put("first_id", page.isEmpty() ? null : page.getFirst().providerId());
    json.put("last_id", page.isEmpty() ? null : page.getLast().providerId());
    return Buffer.buffer(Json.bytes(json));
  }
}
