package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.NotFoundException;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.vectorstores.VectorStore;
import com.openai.models.vectorstores.VectorStoreCreateParams;
import com.openai.models.vectorstores.VectorStoreSearchParams;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.ObjectOwner;
import dev.mandate.domain.providerstate.StoredObjectId;
import dev.mandate.gateway.KeptWorld.Caller;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.Users;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Everybody tries what somebody else keeps at the provider, by every route and member that takes
/// an id. The provider would serve all of it: they share one account there.
class StoredStateTest {
  @TempDir private static Path folder;
  private static KeptWorld world;
  private static Caller ada;
  private static Map<String, Caller> strangers;

  /// A place that takes an id.
  ///
  /// @param kind of what it names
  /// @param path with `@` for the id
  /// @param body with `@` for the id; null for none
  record Place(String kind, String upstream, String method, String path, @Nullable String body) {
    Place(String kind, String method, String path, @Nullable String body) {
      this(kind, "openai", method, path, body);
    }

    HttpResponse<String> call(Caller as, String id) {
      return world.call(
          as.at(upstream),
          method,
          path.replace("@", id),
          body == null ? null : body.replace("@", id));
    }

    @Override
    public String toString() {
      return method + " " + path + (body == null ? "" : " " + body);
    }
  }

  static List<Place> places() {
    List<Place> places = new ArrayList<>();
    places.add(new Place("response", "GET", "/v1/responses/@", null));
    places.add(new Place("response", "GET", "/v1/responses/@/input_items", null));
    places.add(new Place("response", "DELETE", "/v1/responses/@", null));
    places.add(
        new Place(
            "response",
            "POST",
            "/v1/responses",
            KeptWorld.responseBody(",\"previous_response_id\":\"@\"")));
    places.add(new Place("conversation", "GET", "/v1/conversations/@", null));
    places.add(new Place("conversation", "POST", "/v1/conversations/@", "{\"metadata\":{}}"));
    places.add(new Place("conversation", "DELETE", "/v1/conversations/@", null));
    places.add(new Place("conversation", "GET", "/v1/conversations/@/items", null));
    places.add(
        new Place(
            "conversation",
            "POST",
            "/v1/conversations/@/items",
            "{\"items\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));
    places.add(new Place("conversation", "GET", "/v1/conversations/@/items/msg_1", null));
    places.add(new Place("conversation", "DELETE", "/v1/conversations/@/items/msg_1", null));
    places.add(
        new Place(
            "conversation",
            "POST",
            "/v1/responses",
            KeptWorld.responseBody(",\"conversation\":\"@\"")));
    places.add(
        new Place(
            "conversation",
            "POST",
            "/v1/responses",
            KeptWorld.responseBody(",\"conversation\":{\"id\":\"@\"}")));
    places.add(new Place("file", "GET", "/v1/files/@", null));
    places.add(new Place("file", "GET", "/v1/files/@/content", null));
    places.add(new Place("file", "DELETE", "/v1/files/@", null));
    places.add(new Place("file", "GET", "/v1/files?after=@", null));
    String part = "[{\"role\":\"user\",\"content\":[{\"type\":\"input_%s\",\"file_id\":\"@\"}]}]";
    for (String type : List.of("file", "image")) {
      places.add(
          new Place(
              "file",
              "POST",
              "/v1/responses",
              "{\"model\":\"" + KeptWorld.MODEL + "\",\"input\":" + part.formatted(type) + "}"));
    }
    places.add(
        new Place(
            "file",
            "POST",
            "/v1/chat/completions",
            "{\"model\":\""
                + KeptWorld.MODEL
                + "\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\","
                + "\"file\":{\"file_id\":\"@\"}}]}]}"));
    places.add(
        new Place(
            "file", "POST", "/v1/conversations", "{\"items\":" + part.formatted("file") + "}"));
    places.add(new Place("file", "POST", "/v1/vector_stores", "{\"file_ids\":[\"@\"]}"));
    String stores = "/v1/vector_stores/@";
    places.add(new Place("vector_store", "GET", stores, null));
    places.add(new Place("vector_store", "POST", stores, "{\"name\":\"n\"}"));
    places.add(new Place("vector_store", "DELETE", stores, null));
    places.add(new Place("vector_store", "POST", stores + "/search", "{\"query\":\"q\"}"));
    places.add(new Place("vector_store", "GET", stores + "/files", null));
    places.add(new Place("vector_store", "GET", "/v1/vector_stores?after=@", null));
    return places;
  }

  /// A new one of the caller's.
  static String make(Caller as, String kind) {
    return switch (kind) {
      case "response" -> world.made(as, "/v1/responses", KeptWorld.responseBody(""));
      case "conversation" -> world.made(as, "/v1/conversations", "{}");
      case "file" -> world.upload(as, "hello");
      case "vector_store" -> world.made(as, "/v1/vector_stores", "{\"name\":\"n\"}");
      default -> throw new AssertionError(kind);
    };
  }

  @BeforeAll
  static void start() {
    world = new KeptWorld(folder);
    ada = world.ada();
    var bob = world.saved(KeptWorld.bob(RunningGateway.TENANT));
    Client web = world.saved(KeptWorld.other(RunningGateway.TENANT));
    Client service =
        world.saved(Clients.service(RunningGateway.TENANT, Secret.of("service-secret")));
    strangers = new LinkedHashMap<>();
    strangers.put(
        "another tenant's person of the same name, with the app of the same name",
        world.caller(
            Tenants.ACME,
            Clients.app(Tenants.ACME),
            Users.member(Tenants.ACME, "ada"),
            KeptWorld.ALL));
    strangers.put(
        "another person with the same app",
        world.caller(RunningGateway.TENANT, world.at.client, bob, KeptWorld.ALL));
    strangers.put(
        "the same person with another app",
        world.caller(RunningGateway.TENANT, web, world.at.user, KeptWorld.ALL));
    strangers.put(
        "a client without a person",
        world.caller(RunningGateway.TENANT, service, null, KeptWorld.ALL));
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  /// What an answer says, but for its error id.
  private static String said(HttpResponse<String> answer) {
    JsonNode json = Json.parse(answer.body());
    ((ObjectNode) json.path("error")).remove("error_id");
    ((ObjectNode) json).remove("request_id");
    return answer.statusCode() + " " + json;
  }

  @ParameterizedTest
  @MethodSource("places")
  void theOwnerIsServed(Place place) {
    String id = make(ada, place.kind());
    // An item that isn't there is the provider's to tell.
    int expected = place.path().contains("msg_1") ? 404 : 200;
    HttpResponse<String> answer = place.call(ada, id);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(expected);
    assertThat(answer.body()).doesNotContain("object_not_found");
  }

  @ParameterizedTest
  @MethodSource("places")
  void aStrangerHearsWhatWhoGuessesHearsAndTheProviderHearsNothing(Place place) {
    String id = make(ada, place.kind());
    String guessed = said(place.call(ada, "never-" + id));
    assertThat(guessed).startsWith("404").contains("object_not_found");
    int before = world.arrived();
    strangers.forEach(
        (who, stranger) -> {
          String upstream = place.upstream();
          assertThat(said(place.call(stranger, id))).as(who + " at " + upstream).isEqualTo(guessed);
          // Again, when whatever can be remembered is.
          assertThat(said(place.call(stranger, id))).as(who).isEqualTo(guessed);
        });
    assertThat(world.arrived()).isEqualTo(before);
    assertThat(place.call(ada, id).body()).doesNotContain("object_not_found");
  }

  @ParameterizedTest
  @MethodSource("places")
  void anotherUpstreamOfTheSameAccountIsAnotherPlace(Place place) {
    if (place.upstream().equals("openai")) {
      String id = make(ada, place.kind());
      String guessed = said(place.call(ada, "never-" + id));
      Place there =
          new Place(place.kind(), "openai-eu", place.method(), place.path(), place.body());
      int before = world.arrived();
      assertThat(said(there.call(ada, id))).isEqualTo(guessed);
      assertThat(world.arrived()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("places")
  void whatIsDeletedIsAsIfItHadNeverBeen(Place place) {
    String id = make(ada, place.kind());
    String guessed = said(place.call(ada, "never-" + id));
    Place deletion =
        places().stream()
            .filter(p -> p.kind().equals(place.kind()) && p.method().equals("DELETE"))
            .findFirst()
            .orElseThrow();
    assertThat(deletion.call(ada, id).statusCode()).isEqualTo(200);
    int before = world.arrived();
    assertThat(said(place.call(ada, id))).isEqualTo(guessed);
    assertThat(world.arrived()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("places")
  void noSpellingOfAnIdGetsThrough(Place place) {
    String id = make(ada, place.kind());
    Caller stranger = Objects.requireNonNull(strangers.get("another person with the same app"));
    List<String> spellings =
        place.body() == null || place.path().contains("@")
            ? List.of(
                id + "/",
                id.toUpperCase(java.util.Locale.ROOT),
                "%2e%2e/" + id,
                "x%2f..%2f" + id,
                "%252e%252e%252f" + id,
                id.replace("_", "%5f").replace("-", "%2d"),
                id + "%00",
                id + "%20",
                id + ";a=b",
                id + "%3f",
                id + "%23",
                "a".repeat(129),
                "..%2f.." + "%2fv1%2fmodels")
            : List.of(
                id + "/",
                id.toUpperCase(java.util.Locale.ROOT),
                "../" + id,
                " " + id,
                id + "\\u0000",
                id.replace("_", "\\u005f"),
                "a".repeat(129),
                "");
    int before = world.arrived();
    for (String spelling : spellings) {
      HttpResponse<String> answer = place.call(stranger, spelling);
      assertThat(answer.statusCode()).as(spelling).isIn(400, 403, 404);
    }
    assertThat(world.arrived()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("places")
  void withoutThePermissionNothingIsReached(Place place) {
    String id = make(ada, place.kind());
    Caller narrow =
        world.caller(
            RunningGateway.TENANT, world.at.client, world.at.user, Set.of(Capability.CHAT));
    int before = world.arrived();
    HttpResponse<String> answer = place.call(narrow, id);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("stored_state_not_allowed");
    assertThat(world.arrived()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("places")
  void aRevokedMandateReachesNothingAndAnotherOfTheSameOwnerDoes(Place place) {
    Caller first = world.ada();
    String id = make(first, place.kind());
    world
        .at
        .stores
        .mandates()
        .revoke(RunningGateway.TENANT, first.mandate().id(), world.at.clock.instant());
    int before = world.arrived();
    HttpResponse<String> refused = place.call(first, id);
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(world.arrived()).isEqualTo(before);
    assertThat(place.call(ada, id).body()).doesNotContain("object_not_found");
  }

  @Test
  void anObjectIsNobodysElseWhileItIsMadeAndDeletedAtOnce() {
    Caller stranger = Objects.requireNonNull(strangers.get("another person with the same app"));
    for (int round = 0; round < 3; round++) {
      String id = make(ada, "conversation");
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Caller who = i % 2 == 0 ? ada : stranger;
        String method = i < 2 ? "DELETE" : "GET";
        all.add(
            CompletableFuture.supplyAsync(
                () -> world.call(who, method, "/v1/conversations/" + id, null)));
      }
      List<HttpResponse<String>> answers = all.stream().map(CompletableFuture::join).toList();
      assertThat(answers.get(1).body()).contains("object_not_found");
      assertThat(answers.get(3).body()).contains("object_not_found");
      assertThat(answers.get(0).statusCode()).isEqualTo(200);
      assertThat(world.call(ada, "GET", "/v1/conversations/" + id, null).body())
          .contains("object_not_found");
    }
  }

  /// A vector store's files have two ids each, of which both must be the caller's.
  @Test
  void aFileInAVectorStoreNeedsBothToBeOnesOwn() {
    Caller bob = Objects.requireNonNull(strangers.get("another person with the same app"));
    String adas = make(ada, "file");
    String bobs = make(bob, "file");
    String store = "/v1/vector_stores/" + make(ada, "vector_store") + "/files";
    String of = "{\"file_id\":\"%s\"}";
    int before = world.arrived();
    assertThat(world.call(ada, "POST", store, of.formatted(bobs)).body())
        .contains("object_not_found");
    assertThat(world.call(bob, "POST", store, of.formatted(bobs)).body())
        .contains("object_not_found");
    assertThat(world.arrived()).isEqualTo(before);
    assertThat(world.call(ada, "POST", store, of.formatted(adas)).statusCode()).isEqualTo(200);
    for (String method : List.of("GET", "DELETE")) {
      assertThat(world.call(bob, method, store + "/" + adas, null).body())
          .contains("object_not_found");
      assertThat(world.call(ada, method, store + "/" + bobs, null).body())
          .contains("object_not_found");
    }
    assertThat(world.call(ada, "GET", store + "/" + adas + "/content", null).statusCode())
        .isEqualTo(200);
    assertThat(world.call(ada, "DELETE", store + "/" + adas, null).statusCode()).isEqualTo(200);
  }

  @Test
  void aListHasOnesOwnInPagesAndNothingOfTheProvidersList() {
    Caller alone =
        world.caller(
            RunningGateway.TENANT,
            world.at.client,
            world.saved(Users.member(RunningGateway.TENANT, "lea")),
            KeptWorld.ALL);
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      make(ada, "file");
      made.addFirst(make(alone, "file"));
      world.at.clock.advance(Duration.ofSeconds(1));
    }
    JsonNode first = Json.parse(world.call(alone, "GET", "/v1/files?limit=2", null).body());
    assertThat(first.path("data").findValuesAsText("id")).isEqualTo(made.subList(0, 2));
    assertThat(first.path("has_more").asBoolean()).isTrue();
    JsonNode second =
        Json.parse(world.call(alone, "GET", "/v1/files?limit=2&after=" + made.get(1), null).body());
    assertThat(second.path("data").findValuesAsText("id")).isEqualTo(made.subList(2, 3));
    assertThat(second.path("has_more").asBoolean()).isFalse();
    assertThat(
            Json.parse(world.call(alone, "GET", "/v1/files?purpose=vision", null).body())
                .path("data"))
        .isEmpty();
    assertThat(world.call(alone, "GET", "/v1/files?order=asc", null).statusCode()).isEqualTo(403);
    assertThat(world.call(alone, "GET", "/v1/files?limit=0", null).statusCode()).isEqualTo(400);
    assertThat(world.call(alone, "GET", "/v1/files?project=x", null).statusCode()).isEqualTo(403);
    assertThat(Json.parse(world.call(alone, "GET", "/v1/vector_stores", null).body()).path("data"))
        .isEmpty();
  }

  @Test
  void aFormIsOneFileAndAPurposeThatCostsNothingLater() {
    int before = world.arrived();
    for (String purpose : List.of("batch", "fine-tune", "evals", "", "user_data ")) {
      assertThat(world.form(ada, "purpose", purpose).statusCode()).as(purpose).isEqualTo(403);
    }
    assertThat(world.form(ada, "Purpose", "user_data").statusCode()).isEqualTo(403);
    assertThat(world.form(ada, "filename", "x").statusCode()).isEqualTo(403);
    assertThat(world.call(ada, "POST", "/v1/files", "{}").statusCode()).isEqualTo(415);
    assertThat(world.arrived()).isEqualTo(before);
    assertThat(world.form(ada, "purpose", "user_data").statusCode()).isEqualTo(200);
  }

  @Test
  void aFileComesBackAsItWasAndCountsAsARequest() {
    Caller alone = world.ada();
    String id = world.upload(alone, "h\u00e9llo\r\n--x");
    HttpResponse<String> content = world.call(alone, "GET", "/v1/files/" + id + "/content", null);
    assertThat(content.body()).isEqualTo("h\u00e9llo\r\n--x");
    // What was let through has its length in its head: its last byte can be seen before it is
    // booked.
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (world.at.ledger(alone.mandate().id().value()).size() < 2
        && System.nanoTime() - deadline < 0) {
      Thread.onSpinWait();
    }
    assertThat(world.at.ledger(alone.mandate().id().value()))
        .hasSize(2)
        .allMatch(entry -> entry.call().endpoint().equals("files") && entry.costMicros() == 0);
  }

  @Test
  void aKeyOfAnotherHolderIsNeverPutOnAnObjectsCall() {
    String id = make(ada, "file");
    world.ownKeys(true);
    try {
      String own = world.at.own("openai", RunningGateway.OPENAI_KEY, world.at.user);
      assertThat(own).isNotEmpty();
      HttpResponse<String> answer = world.call(ada, "GET", "/v1/files/" + id, null);
      assertThat(answer.statusCode()).isEqualTo(409);
      assertThat(answer.body()).contains("state_elsewhere");
      world.at.stores.credentials().delete(RunningGateway.TENANT, "openai", own);
    } finally {
      world.ownKeys(false);
    }
    assertThat(world.call(ada, "GET", "/v1/files/" + id, null).statusCode()).isEqualTo(200);
  }

  @Test
  void whatAnAdministratorTakesAwayIsGoneAtOnce() {
    String id = make(ada, "file");
    assertThat(world.call(ada, "GET", "/v1/files/" + id, null).statusCode()).isEqualTo(200);
    assertThat(
            world
                .at
                .stores
                .storedObjects()
                .withdraw(
                    RunningGateway.TENANT,
                    StoredObjectId.of("openai", ObjectKind.FILE, id),
                    world.at.clock.instant()))
        .isTrue();
    assertThat(world.call(ada, "GET", "/v1/files/" + id, null).body()).contains("object_not_found");
  }

  @Test
  void anAnswerIsForgottenWhenTheProviderForgetsIt() {
    Caller alone = world.ada();
    String id = make(alone, "response");
    var kept =
        Objects.requireNonNull(
            world
                .at
                .stores
                .storedObjects()
                .find(RunningGateway.TENANT, StoredObjectId.of("openai", ObjectKind.RESPONSE, id)));
    assertThat(kept.expiresAt()).isEqualTo(kept.createdAt().plus(Duration.ofDays(30)));
    assertThat(kept.owner()).isEqualTo(ObjectOwner.of(alone.mandate()));
  }

  @Test
  void theOfficialSdkKeepsAndComesBack(@TempDir Path files) throws IOException {
    OpenAIClient openAi =
        OpenAIOkHttpClient.builder()
            .apiKey(ada.key())
            .baseUrl(world.at.url("/openai/v1"))
            .responseValidation(true)
            .maxRetries(0)
            .build();
    Response first =
        openAi
            .responses()
            .create(ResponseCreateParams.builder().model(KeptWorld.MODEL).input("Hi").build());
    assertThat(openAi.responses().retrieve(first.id()).id()).isEqualTo(first.id());
    assertThat(openAi.responses().inputItems().list(first.id()).items()).hasSize(1);
    Response second =
        openAi
            .responses()
            .create(
                ResponseCreateParams.builder()
                    .model(KeptWorld.MODEL)
                    .input("And now?")
                    .previousResponseId(first.id())
                    .build());
    assertThat(second.usage().orElseThrow().inputTokens())
        .isGreaterThan(first.usage().orElseThrow().inputTokens());
    openAi.responses().delete(first.id());
    assertThatThrownBy(() -> openAi.responses().retrieve(first.id()))
        .isInstanceOf(NotFoundException.class);

    String conversation = openAi.conversations().create().id();
    openAi
        .responses()
        .create(
            ResponseCreateParams.builder()
                .model(KeptWorld.MODEL)
                .input("Hi")
                .conversation(conversation)
                .build());
    assertThat(openAi.conversations().items().list(conversation).items()).isNotEmpty();
    openAi.conversations().delete(conversation);

    Path text = Files.writeString(files.resolve("note.txt"), "hello");
    FileObject file =
        openAi
            .files()
            .create(FileCreateParams.builder().file(text).purpose(FilePurpose.USER_DATA).build());
    assertThat(openAi.files().list().data()).extracting(FileObject::id).contains(file.id());
    try (com.openai.core.http.HttpResponse content = openAi.files().content(file.id())) {
      assertThat(new String(content.body().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("hello");
    }
    VectorStore store =
        openAi
            .vectorStores()
            .create(VectorStoreCreateParams.builder().name("n").addFileId(file.id()).build());
    assertThat(
            openAi
                .vectorStores()
                .search(store.id(), VectorStoreSearchParams.builder().query("q").build())
                .data())
        .isEmpty();
    openAi.vectorStores().delete(store.id());
    openAi.files().delete(file.id());
    assertThat(openAi.files().list().data()).extracting(FileObject::id).doesNotContain(file.id());
  }

  @Test
  void aStreamedAnswerHasAnOwnerBeforeItsFirstEvent() {
    HttpResponse<String> stream =
        world.call(ada, "POST", "/v1/responses", KeptWorld.responseBody(",\"stream\":true"));
    assertThat(stream.statusCode()).isEqualTo(200);
    assertThat(stream.body()).contains("response.created").contains("response.completed");
    String id = stream.body().replaceAll("(?s).*?\"id\":\"(resp_[A-Za-z0-9]+)\".*", "$1");
    assertThat(world.call(ada, "GET", "/v1/responses/" + id, null).statusCode()).isEqualTo(200);
    Caller bob = Objects.requireNonNull(strangers.get("another person with the same app"));
    assertThat(world.call(bob, "GET", "/v1/responses/" + id, null).statusCode()).isEqualTo(404);
  }

  @Test
  void withoutThePermissionNothingIsKept() {
    Caller narrow =
        world.caller(
            RunningGateway.TENANT, world.at.client, world.at.user, Set.of(Capability.CHAT));
    String id = make(narrow, "response");
    assertThat(world.sim("last").path("body").asText()).contains("\"store\":false");
    assertThat(world.call(ada, "GET", "/v1/responses/" + id, null).statusCode()).isEqualTo(404);
  }

  @Test
  void whatTheCallerWantsNotKeptIsNot() {
    String id = world.made(ada, "/v1/responses", KeptWorld.responseBody(",\"store\":false"));
    assertThat(world.call(ada, "GET", "/v1/responses/" + id, null).body())
        .contains("object_not_found");
  }

  @Test
  void whatComesBeforeIsReservedAsTheWholeContextAndSettledAsItWas() {
    Caller alone = world.ada();
    String first = make(alone, "response");
    HttpResponse<String> next =
        world.call(
            alone,
            "POST",
            "/v1/responses",
            KeptWorld.responseBody(",\"previous_response_id\":\"" + first + "\""));
    long input = Json.parse(next.body()).path("usage").path("input_tokens").asLong();
    assertThat(world.at.ledger(alone.mandate().id().value()))
        .hasSize(2)
        .noneMatch(LedgerEntry::estimated)
        .anyMatch(entry -> entry.usage().allInput() == input);
  }
}
