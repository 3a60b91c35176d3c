package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.Json;

/// Does an operation's work, once everything is checked that is checked for all: bodies,
/// preconditions, entity tags and pages by the kind of work.
final class Runner {
  private static final byte[] NOTHING = {};

  private Runner() {}

  /// @param subject what it was done to, for the audit log
  record Outcome(HttpResponse response, String subject) {}

  static Outcome run(Compiled compiled, Call call, HttpRequest request) {
    Operation operation = compiled.operation();
    return switch (operation.work()) {
      case Work.Listing(var _, var lister) -> list(lister, call);
      case Work.Reading<?>(var single) -> read(single, call, request);
      case Work.Creating(var schema, var _, var creator) -> {
        Made made = creator.create(call, compiled.whole(request, schema));
        yield created(operation, call, made);
      }
      case Work.Changing<?> changing -> change(compiled, changing, call, request);
      case Work.Removing<?> removing -> remove(removing, call, request);
      case Work.Acting<?> acting -> act(compiled, acting, call, request);
    };
  }

  private static Outcome list(Work.Lister lister, Call call) {
    Page page = lister.page(call, Compiled.range(call));
    ObjectNode body = Json.object();
    ArrayNode items = body.putArray("items");
    page.items().forEach(items::add);
    if (page.next() != null) {
      body.put("next_cursor", Cursor.wrap(page.next()));
    }
    return new Outcome(HttpResponse.json(200, body), "");
  }

  private static <T> Outcome read(Single<T> single, Call call, HttpRequest request) {
    ObjectNode json = single.json(call, single.read(call));
    EntityTag tag = EntityTag.of(json);
    HttpResponse response =
        tag.isKnownTo(request)
            ? new HttpResponse(304, Headers.NONE, NOTHING)
            : HttpResponse.json(200, json);
    return new Outcome(response.with("etag", tag.quoted()), id(json));
  }

  private static Outcome created(Operation operation, Call call, Made made) {
    String path = operation.path();
    for (String name : operation.pathParameters()) {
      path = path.replace("{" + name + "}", call.path(name));
    }
    String location = call.issuer().url(AdminScope.RESOURCE + path + "/" + made.id());
    return new Outcome(answer(201, made).with("location", location), made.id());
  }

  private static HttpResponse answer(int status, Made made) {
    return HttpResponse.json(status, made.whole()).with("etag", EntityTag.of(made.json()).quoted());
  }

  private static <T> Outcome change(
      Compiled compiled, Work.Changing<T> work, Call call, HttpRequest request) {
    ObjectNode sent =
        work.merges() ? compiled.patch(request) : compiled.whole(request, work.body());
    T current = work.single().read(call);
    ObjectNode before = work.single().json(call, current);
    EntityTag.of(before).requireMatch(request, true);
    ObjectNode body = work.merges() ? compiled.patched(before, work.body(), sent) : sent;
    T next = work.changer().changed(call, current, body);
    if (!next.equals(current) && !work.replacer().replace(current, next)) {
      throw changedMeanwhile();
    }
    Made made = Made.of(work.single().json(call, next));
    return new Outcome(answer(200, made), made.id());
  }

  private static <T> Outcome remove(Work.Removing<T> work, Call call, HttpRequest request) {
    T current = work.single().read(call);
    ObjectNode before = work.single().json(call, current);
    EntityTag.of(before).requireMatch(request, true);
    if (!work.remover().remove(call, current)) {
      throw changedMeanwhile();
    }
    return new Outcome(HttpResponse.empty(204), id(before));
  }

  private static <T> Outcome act(
      Compiled compiled, Work.Acting<T> work, Call call, HttpRequest request) {
    Schema schema = work.body();
    ObjectNode body = schema == null ? compiled.none(request) : compiled.whole(request, schema);
    T current = work.single().read(call);
    EntityTag.of(work.single().json(call, current)).requireMatch(request, false);
    Made made = work.actor().act(call, current, body);
    return new Outcome(answer(200, made), made.id());
  }

  private static Refused changedMeanwhile() {
    return Problem.PRECONDITION_FAILED.because("it was changed at this moment; read it again");
  }

  private static String id(ObjectNode json) {
    return json.path("id").asText();
  }
}
