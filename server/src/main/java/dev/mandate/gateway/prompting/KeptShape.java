package dev.mandate.gateway.prompting;

import java.util.Map;

/// The bodies of requests that make or change what a provider keeps: allow-lists of members, as of
/// those that call a model. `rewrite_query` would have a model run that nobody priced.
public enum KeptShape {
  /// A form: [KeptForm].
  FILE(Map.of()),
  CONVERSATION(Map.of("items", Member.ITEMS, "metadata", Member.PASS)),
  ITEMS(Map.of("items", Member.ITEMS)),
  METADATA(Map.of("metadata", Member.PASS)),
  VECTOR_STORE(
      Map.of(
          "name", Member.PASS,
          "description", Member.PASS,
          "file_ids", Member.FILES,
          "expires_after", Member.PASS,
          "chunking_strategy", Member.PASS,
          "metadata", Member.PASS)),
  VECTOR_STORE_CHANGE(
      Map.of("name", Member.PASS, "expires_after", Member.PASS, "metadata", Member.PASS)),
  VECTOR_STORE_FILE(
      Map.of(
          "file_id", Member.FILE,
          "attributes", Member.PASS,
          "chunking_strategy", Member.PASS)),
  ATTRIBUTES(Map.of("attributes", Member.PASS)),
  SEARCH(
      Map.of(
          "query", Member.PASS,
          "filters", Member.PASS,
          "max_num_results", Member.PASS,
          "ranking_options", Member.PASS,
          "rewrite_query", Member.OFF));

  /// What a member means.
  enum Member {
    PASS,
    /// Items of a conversation, inspected as those of a prompt are.
    ITEMS,
    /// The id of a file.
    FILE,
    FILES,
    /// Refused unless null or false.
    OFF
  }

  /// Made by Map.of, which the checker can't see.
  @SuppressWarnings("ImmutableEnumChecker")
  private final Map<String, Member> members;

  KeptShape(Map<String, Member> members) {
    this.members = members;
  }

  Map<String, Member> members() {
    return members;
  }
}
