package dev.mandate.cli.admin;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An operation of the admin API as the command line sees it.
///
/// @param noun the command, such as `client`
/// @param verb the command below it, such as `rotate-secret`
/// @param path below `/admin/v1`, with `{name}` for each of `ids`
/// @param mediaType of the body; null when there is none
/// @param single the path whose ETag a change must send; null when none is needed
/// @param repeatable whether an `Idempotency-Key` makes it safe to send again
record AdminOperation(
    String noun,
    String verb,
    String method,
    String path,
    String summary,
    List<String> ids,
    List<Member> filters,
    List<Member> body,
    @Nullable String mediaType,
    @Nullable String single,
    boolean repeatable) {

  /// How the text of an option becomes JSON.
  enum Kind {
    TEXT,
    NUMBER,
    FLAG,
    TEXTS,
    JSON
  }

  /// A member of the body, or a query parameter.
  ///
  /// @param secret never on a command line, where every process sees it: it comes from a file
  record Member(String name, Kind kind, String description, boolean secret) {
    /// Options of every command.
    private static final Set<String> TAKEN = Set.of("url", "json", "file", "all", "unset");

    /// Its option.
    String option() {
      String own = name.replace('_', '-') + (secret ? "-file" : "");
      return TAKEN.contains(own) ? "--target-" + own : "--" + own;
    }
  }

  /// The path with these ids in it.
  String path(List<String> values) {
    return filled(path, values);
  }

  /// A path of this operation with as many of these ids in it as it has places for.
  String filled(String template, List<String> values) {
    String filled = template;
    for (int i = 0; i < ids.size(); i++) {
      filled = filled.replace("{" + ids.get(i) + "}", Urls.segment(values.get(i)));
    }
    return filled;
  }
}
