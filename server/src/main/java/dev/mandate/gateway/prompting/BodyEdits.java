package dev.mandate.gateway.prompting;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The changes to a body, as byte ranges: everything else passes byte for byte.
public final class BodyEdits {
  private static final int NULL_LENGTH = 4;

  private record Edit(int from, int to, String replacement) {}

  private final List<Edit> edits = new ArrayList<>();
  private final int open;

  /// @param open where the members of the top-level object begin, which is never empty
  public BodyEdits(int open) {
    this.open = open;
  }

  public boolean isEmpty() {
    return edits.isEmpty();
  }

  /// Keeps the provider from storing the answer, where it would by default.
  public void forceStoreOff(Prompt.StoreMember store) {
    if (store.nullAt() >= 0) {
      replaceNull(store.nullAt(), "false");
    } else if (!store.seen()) {
      insert("\"store\":false,");
    }
  }

  /// @param name as JSON writes it
  BodyEdits model(int from, int to, String name) {
    edits.add(new Edit(from, to, name));
    return this;
  }

  /// Where there is none.
  BodyEdits model(String name) {
    insert("\"model\":" + name + ",");
    return this;
  }

  public void outputCap(String member, long cap, Prompt prompt) {
    String written = "\"" + member + "\":" + cap;
    Prompt.Inside inside = prompt.capInside();
    if (prompt.capNullAt() >= 0) {
      replaceNull(prompt.capNullAt(), Long.toString(cap));
    } else if (inside == null) {
      insert(written + ",");
    } else if (inside.nullAt() >= 0) {
      replaceNull(inside.nullAt(), "{" + written + "}");
    } else if (inside.openAt() >= 0) {
      int at = inside.openAt() + 1;
      edits.add(new Edit(at, at, written + (inside.empty() ? "" : ",")));
    } else {
      insert("\"" + inside.member() + "\":{" + written + "},");
    }
  }

  /// Asks for usage in the stream where the caller did not.
  public void includeUsage(Prompt.StreamUsage usage) {
    if (!usage.seen()) {
      insert("\"stream_options\":{\"include_usage\":true},");
    } else if (usage.nullAt() >= 0) {
      replaceNull(usage.nullAt(), "{\"include_usage\":true}");
    } else if (usage.flagAt() >= 0) {
      edits.add(new Edit(usage.flagAt(), usage.flagAt() + usage.flagLength(), "true"));
    } else {
      int at = usage.openAt() + 1;
      edits.add(new Edit(at, at, "\"include_usage\":true" + (usage.emptyObject() ? "" : ",")));
    }
  }

  private void insert(String member) {
    edits.add(new Edit(open, open, member));
  }

  private void replaceNull(int at, String value) {
    edits.add(new Edit(at, at + NULL_LENGTH, value));
  }

  public Buffer apply(Buffer body) {
    if (edits.isEmpty()) {
      return body;
    }
    edits.sort(Comparator.comparingInt(Edit::from));
    Buffer out = Buffer.buffer(body.length() + 64 * edits.size());
    int at = 0;
    for (Edit edit : edits) {
      out.appendBuffer(body, at, edit.from - at);
      out.appendBytes(edit.replacement.getBytes(StandardCharsets.UTF_8));
      at = edit.to;
    }
    return out.appendBuffer(body, at, body.length() - at);
  }
}
