package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.json.Json;
import java.util.Base64;
import java.util.List;

/// A strong entity tag (RFC 9110 §8.8.3): a hash of the representation, so equal things have equal
/// tags on every node.
record EntityTag(String quoted) {
  private static final int HASH_BYTES = 16;

  static EntityTag of(JsonNode representation) {
    byte[] hash = TokenHash.sha256(Json.canonical(representation));
    byte[] start = java.util.Arrays.copyOf(hash, HASH_BYTES);
    return new EntityTag('"' + Base64.getUrlEncoder().withoutPadding().encodeToString(start) + '"');
  }

  /// RFC 9110 §13.1.1: compares strongly, so a weak tag never matches.
  void requireMatch(HttpRequest request, boolean needed) {
    List<String> headers = request.headers().all("if-match");
    if (headers.isEmpty()) {
      if (needed) {
        throw Problem.PRECONDITION_REQUIRED.because(
            "send If-Match with the ETag of what you read, or * to change whatever is there");
      }
      return;
    }
    if (!matches(headers, false)) {
      throw Problem.PRECONDITION_FAILED.because(
          "If-Match names another version than the current; read it again");
    }
  }

  /// RFC 9110 §13.1.2: compares weakly.
  boolean isKnownTo(HttpRequest request) {
    return matches(request.headers().all("if-none-match"), true);
  }

  private boolean matches(List<String> headers, boolean weakly) {
    for (String header : headers) {
      for (String tag : header.split(",", -1)) {
        String candidate = tag.strip();
        if (candidate.equals("*") || candidate.equals(quoted)) {
          return true;
        }
        if (weakly && candidate.equals("W/" + quoted)) {
          return true;
        }
      }
    }
    return false;
  }
}
