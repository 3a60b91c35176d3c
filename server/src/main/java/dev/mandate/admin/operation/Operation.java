package dev.mandate.admin.operation;

import dev.mandate.domain.access.AdminScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One operation, declared. Everything that is the same for all is done by [AdminApi] from this.
///
/// @param id `operationId`, camelCase: the name of a generated client's method
/// @param path below `/admin/v1`; `{noun_id}` where an id stands
/// @param tag groups operations in generated clients: the resource
/// @param event the audit event of a change; null for reads
/// @param problems beyond those that come with its kind
public record Operation(
    String id,
    String method,
    String path,
    String tag,
    AdminScope scope,
    String summary,
    @Nullable String event,
    List<Parameter> parameters,
    List<Problem> problems,
    Work work) {
  public Operation {
    parameters = List.copyOf(parameters);
    problems = List.copyOf(problems);
  }

  public static Operation list(
      String id, AdminScope scope, String path, Schema item, Work.Lister lister) {
    return of(id, "GET", path, scope, new Work.Listing(item, lister));
  }

  public static <T> Operation read(String id, AdminScope scope, Single<T> single) {
    return of(id, "GET", single.path(), scope, new Work.Reading<>(single));
  }

  /// @param answer what reading it gives, with what is shown once
  public static Operation create(
      String id, AdminScope scope, String path, Schema body, Schema answer, Work.Creator creator) {
    return of(id, "POST", path, scope, new Work.Creating(body, answer, creator));
  }

  /// PUT.
  public static <T> Operation replace(
      String id,
      AdminScope scope,
      Single<T> single,
      Schema body,
      Work.Changer<T> changer,
      Work.Replacer<T> replacer) {
    return of(
        id,
        "PUT",
        single.path(),
        scope,
        new Work.Changing<>(single, body, false, changer, replacer));
  }

  /// PATCH.
  ///
  /// @param body of the whole that can be changed; the patch's schema follows from it
  public static <T> Operation patch(
      String id,
      AdminScope scope,
      Single<T> single,
      Schema body,
      Work.Changer<T> changer,
      Work.Replacer<T> replacer) {
    return of(
        id,
        "PATCH",
        single.path(),
        scope,
        new Work.Changing<>(single, body, true, changer, replacer));
  }

  public static <T> Operation remove(
      String id, AdminScope scope, Single<T> single, Work.Remover<T> remover) {
    return of(id, "DELETE", single.path(), scope, new Work.Removing<>(single, remover));
  }

  /// POST to `verb` below the single, without a body.
  public static <T> Operation act(
      String id, AdminScope scope, Single<T> single, String verb, Work.Actor<T> actor) {
    return of(
        id,
        "POST",
        single.path() + "/" + verb,
        scope,
        new Work.Acting<>(single, null, single.answer(), actor));
  }

  /// POST to `verb` below the single.
  public static <T> Operation act(
      String id,
      AdminScope scope,
      Single<T> single,
      String verb,
      @Nullable Schema body,
      Schema answer,
      Work.Actor<T> actor) {
    return of(
        id,
        "POST",
        single.path() + "/" + verb,
        scope,
        new Work.Acting<>(single, body, answer, actor));
  }

  private static Operation of(String id, String method, String path, AdminScope scope, Work work) {
    String tag = path.substring(1).split("/", 2)[0];
    return new Operation(id, method, path, tag, scope, "", null, List.of(), List.of(), work);
  }

  /// One line that says what it does.
  public Operation says(String text) {
    return new Operation(id, method, path, tag, scope, text, event, parameters, problems, work);
  }

  /// The audit event of a change, such as `client.created`.
  public Operation audited(String type) {
    return new Operation(id, method, path, tag, scope, summary, type, parameters, problems, work);
  }

  /// A filter of a list.
  public Operation filter(String name, Schema schema, String description) {
    List<Parameter> more = new ArrayList<>(parameters);
    more.add(new Parameter(name, schema, description));
    return new Operation(id, method, path, tag, scope, summary, event, more, problems, work);
  }

  /// Ways in which this one refuses beyond those of its kind.
  public Operation mayRefuse(Problem... more) {
    List<Problem> all = new ArrayList<>(problems);
    all.addAll(List.of(more));
    return new Operation(id, method, path, tag, scope, summary, event, parameters, all, work);
  }

  boolean changes() {
    return !method.equals("GET");
  }

  boolean isRepeatable() {
    return method.equals("POST");
  }

  /// All ways in which it can refuse: its own and those of its kind.
  List<Problem> allProblems() {
    List<Problem> all = new ArrayList<>();
    all.add(Problem.INVALID_REQUEST);
    all.add(Problem.INVALID_PARAMETER);
    all.add(Problem.CREDENTIAL_IN_URL);
    all.add(Problem.INVALID_CREDENTIALS);
    all.add(Problem.ADDRESS_NOT_ALLOWED);
    all.add(Problem.CALLER_SUSPENDED);
    all.add(Problem.INSUFFICIENT_SCOPE);
    all.add(Problem.TOO_MANY_REQUESTS);
    all.add(Problem.INTERNAL_ERROR);
    all.add(Problem.REQUEST_TOO_LARGE);
    if (path.contains("{")) {
      all.add(Problem.NOT_FOUND);
    }
    if (!method.equals("GET") && !method.equals("DELETE")) {
      all.add(Problem.UNSUPPORTED_MEDIA_TYPE);
      all.add(Problem.INVALID_BODY);
    }
    if (isRepeatable()) {
      all.add(Problem.IDEMPOTENCY_KEY_IN_USE);
      all.add(Problem.IDEMPOTENCY_KEY_REUSED);
    }
    switch (work) {
      case Work.Changing<?> _, Work.Removing<?> _ -> {
        all.add(Problem.PRECONDITION_FAILED);
        all.add(Problem.PRECONDITION_REQUIRED);
      }
      case Work.Acting<?> _ -> all.add(Problem.PRECONDITION_FAILED);
      case Work.Listing _, Work.Reading<?> _, Work.Creating _ -> {}
    }
    all.addAll(problems);
    return all;
  }

  /// The names in its path.
  Set<String> pathParameters() {
    Set<String> names = new TreeSet<>();
    for (String segment : path.split("/", -1)) {
      if (segment.startsWith("{")) {
        names.add(segment.substring(1, segment.length() - 1));
      }
    }
    return names;
  }
}
