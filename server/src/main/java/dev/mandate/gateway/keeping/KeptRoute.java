package dev.mandate.gateway.keeping;

import static dev.mandate.domain.providerstate.ObjectKind.CONVERSATION;
import static dev.mandate.domain.providerstate.ObjectKind.FILE;
import static dev.mandate.domain.providerstate.ObjectKind.RESPONSE;
import static dev.mandate.domain.providerstate.ObjectKind.VECTOR_STORE;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.prompting.KeptShape;
import dev.mandate.gateway.prompting.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A path that reaches what the provider keeps, and the ids in it. What isn't here is refused:
/// Assistants, threads and runs, which OpenAI took down on 2026-08-26; uploads in parts and batches
/// of files in vector stores, whose ids would lead to files that nobody here has seen; fine-tuning
/// jobs, whose price has no bound before they have run; background answers, which go on after the
/// mandate that paid for them has ended.
///
/// @param ids those of kept objects, in the order of the path
/// @param text the path below the upstream, with the ids in it
public record KeptRoute(Row row, List<String> ids, String text) {
  /// What is done.
  public enum Act {
    /// Makes an object, whose id is in the answer.
    CREATE,
    /// Reads or changes one; its answer goes through.
    REACH,
    /// Removes one.
    DELETE,
    /// Lists the caller's own.
    LIST,
    /// Makes one from a form with a file in it.
    UPLOAD
  }

  /// @param kind that is made, listed or deleted; null where there is none
  /// @param body null where none is read
  /// @param query names of the parameters that are taken
  /// @param name in the ledger and the audit log
  public record Row(
      Provider provider,
      String method,
      String template,
      Act act,
      @Nullable ObjectKind kind,
      @Nullable KeptShape body,
      Set<String> query,
      String name) {
    List<String> segments() {
      return List.of(template.substring(1).split("/", -1));
    }

    public Capability needs() {
      return Capability.STORED_STATE;
    }
  }

  /// What an id at a provider can be: also what may stand in a path without being encoded.
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,128}");

  private static final Set<String> NO_QUERY = Set.of();
  private static final Set<String> INCLUDE = Set.of("include", "include[]");
  private static final Set<String> ITEMS_PAGE =
      Set.of("after", "include", "include[]", "limit", "order");
  private static final Set<String> PAGE = Set.of("after", "limit", "order");

  private static final String RESPONSES = "/v1/responses/{response}";
  private static final String CONVERSATIONS = "/v1/conversations";
  private static final String ONE_CONVERSATION = CONVERSATIONS + "/{conversation}";
  private static final String FILES = "/v1/files";
  private static final String ONE_FILE = FILES + "/{file}";
  private static final String STORES = "/v1/vector_stores";
  private static final String ONE_STORE = STORES + "/{vector_store}";

  private static final List<Row> ALL = all();

  private static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    String item = ONE_CONVERSATION + "/items/{item}";
    String items = ONE_CONVERSATION + "/items";
    rows.add(openAi("GET", RESPONSES, Act.REACH, RESPONSE, null, INCLUDE, "responses"));
    rows.add(openAi("DELETE", RESPONSES, Act.DELETE, RESPONSE, null, NO_QUERY, "responses"));
    rows.add(reach("GET", RESPONSES + "/input_items", null, ITEMS_PAGE, "responses"));
    rows.add(
        openAi(
            "POST",
            CONVERSATIONS,
            Act.CREATE,
            CONVERSATION,
            KeptShape.CONVERSATION,
            NO_QUERY,
            "conversations"));
    rows.add(reach("GET", ONE_CONVERSATION, null, NO_QUERY, "conversations"));
    rows.add(reach("POST", ONE_CONVERSATION, KeptShape.METADATA, NO_QUERY, "conversations"));
    rows.add(
        openAi(
            "DELETE", ONE_CONVERSATION, Act.DELETE, CONVERSATION, null, NO_QUERY, "conversations"));
    rows.add(reach("GET", items, null, ITEMS_PAGE, "conversations"));
    rows.add(reach("POST", items, KeptShape.ITEMS, INCLUDE, "conversations"));
    rows.add(reach("GET", item, null, INCLUDE, "conversations"));
    rows.add(reach("DELETE", item, null, NO_QUERY, "conversations"));
    files(rows);
    vectorStores(rows);
    return List.copyOf(rows);
  }

  private static void files(List<Row> rows) {
    rows.add(openAi("POST", FILES, Act.UPLOAD, FILE, KeptShape.FILE, NO_QUERY, "files"));
    rows.add(
        openAi(
            "GET",
            FILES,
            Act.LIST,
            FILE,
            null,
            Set.of("after", "limit", "order", "purpose"),
            "files"));
    rows.add(reach("GET", ONE_FILE, null, NO_QUERY, "files"));
    rows.add(openAi("DELETE", ONE_FILE, Act.DELETE, FILE, null, NO_QUERY, "files"));
    rows.add(reach("GET", ONE_FILE + "/content", null, NO_QUERY, "files"));
  }

  private static void vectorStores(List<Row> rows) {
    String name = "vector_stores";
    String files = ONE_STORE + "/files";
    String file = files + "/{file}";
    rows.add(
        openAi("POST", STORES, Act.CREATE, VECTOR_STORE, KeptShape.VECTOR_STORE, NO_QUERY, name));
    rows.add(openAi("GET", STORES, Act.LIST, VECTOR_STORE, null, PAGE, name));
    rows.add(reach("GET", ONE_STORE, null, NO_QUERY, name));
    rows.add(reach("POST", ONE_STORE, KeptShape.VECTOR_STORE_CHANGE, NO_QUERY, name));
    rows.add(openAi("DELETE", ONE_STORE, Act.DELETE, VECTOR_STORE, null, NO_QUERY, name));
    rows.add(reach("POST", ONE_STORE + "/search", KeptShape.SEARCH, NO_QUERY, name));
    rows.add(reach("POST", files, KeptShape.VECTOR_STORE_FILE, NO_QUERY, name));
    rows.add(
        reach("GET", files, null, Set.of("after", "before", "filter", "limit", "order"), name));
    rows.add(reach("GET", file, null, NO_QUERY, name));
    rows.add(reach("POST", file, KeptShape.ATTRIBUTES, NO_QUERY, name));
    rows.add(reach("DELETE", file, null, NO_QUERY, name));
    rows.add(reach("GET", file + "/content", null, NO_QUERY, name));
  }

  private static Row openAi(
      String method,
      String template,
      Act act,
      @Nullable ObjectKind kind,
      @Nullable KeptShape body,
      Set<String> query,
      String name) {
    return new Row(Provider.OPENAI, method, template, act, kind, body, query, name);
  }

  private static Row reach(
      String method, String template, @Nullable KeptShape body, Set<String> query, String name) {
    return openAi(method, template, Act.REACH, null, body, query, name);
  }

  /// The route of this request; null for one that isn't served.
  ///
  /// @param path decoded, below the upstream's prefix
  public static @Nullable KeptRoute of(Provider provider, String method, String path) {
    List<String> given = List.of(path.substring(Math.min(1, path.length())).split("/", -1));
    for (Row row : ALL) {
      if (row.provider() == provider && row.method().equals(method)) {
        List<String> ids = ids(row.segments(), given);
        if (ids != null) {
          return new KeptRoute(row, ids, path);
        }
      }
    }
    return null;
  }

  /// What stands in the places of ids; null where the path is another one. Whether it can be an id
  /// is asked later, by whoever looks it up: one that can't is as unknown as one that nobody has.
  private static @Nullable List<String> ids(List<String> template, List<String> given) {
    if (template.size() != given.size()) {
      return null;
    }
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      String segment = template.get(i);
      if (!segment.startsWith("{")) {
        if (!segment.equals(given.get(i))) {
          return null;
        }
      } else if (given.get(i).isEmpty()) {
        return null;
      } else {
        ids.add(given.get(i));
      }
    }
    return ids;
  }

  /// What its ids name; null when one of a part of an object can't be an id.
  public @Nullable List<Reference> references() {
    List<Reference> references = new ArrayList<>();
    int at = 0;
    for (String segment : row.segments()) {
      if (segment.startsWith("{")) {
        String id = ids.get(at++);
        String name = segment.substring(1, segment.length() - 1);
        if (!name.equals("item")) {
          references.add(new Reference(ObjectKind.ofWire(name), id));
        } else if (!canBeId(id)) {
          return null;
        }
      }
    }
    return references;
  }

  /// Whether its body is a form with a file in it.
  public boolean takesForm() {
    return row.act() == Act.UPLOAD;
  }

  public static boolean canBeId(String text) {
    return ID.matcher(text).matches();
  }

  /// For whoever counts.
  public String template() {
    return "/{upstream}" + row.template();
  }

  /// @throws Refusal for a query parameter that is not taken here
  public void checkQuery(@Nullable String query) {
    if (query == null || query.isEmpty()) {
      return;
    }
    for (String pair : query.split("&", -1)) {
      String name = pair.split("=", 2)[0].replace("%5B%5D", "[]").replace("%5b%5d", "[]");
      if (!row.query().contains(name)) {
        throw Refusal.of(
            Refusal.Code.PARAMETER_NOT_ALLOWED,
            "query parameter '"
                + name.substring(0, Math.min(name.length(), 64))
                + "' is not allowed here");
      }
    }
  }
}
