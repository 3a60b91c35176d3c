package dev.mandate.simulator;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Prefixes of prompts that were marked with `cache_control`, as Anthropic caches them: per account
/// and model. Unlike there, no prefix is too short and none expires by time.
final class PromptCache {
  private static final int MAX_ENTRIES = 10_000;

  private final Map<String, Boolean> prefixes =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  /// A marked place in a prompt: what stands before it, and how many tokens that is.
  record Breakpoint(String prefix, int tokens, boolean oneHour) {}

  /// How the tokens of a prompt are charged; they add up to the prompt.
  record Charge(int uncached, int write5m, int write1h, int read) {
    static Charge uncached(int promptTokens) {
      return new Charge(promptTokens, 0, 0, 0);
    }

    int write() {
      return write5m + write1h;
    }
  }

  /// Follows the blocks of a prompt and notes its breakpoints.
  static final class Trail {
    private final MessageDigest digest;
    private final List<Breakpoint> breakpoints = new ArrayList<>();

    Trail(String account, String model) {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException impossible) {
        throw new IllegalStateException("every Java has SHA-256", impossible);
      }
      digest.update((account + '\n' + model + '\n').getBytes(StandardCharsets.UTF_8));
    }

    void block(String content) {
      digest.update(content.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
    }

    void breakpoint(int tokensSoFar, boolean oneHour) {
      try {
        byte[] hash = ((MessageDigest) digest.clone()).digest();
        String prefix = Base64.getEncoder().encodeToString(hash);
        breakpoints.add(new Breakpoint(prefix, tokensSoFar, oneHour));
      } catch (CloneNotSupportedException impossible) {
        throw new IllegalStateException("the JDK's SHA-256 can be cloned", impossible);
      }
    }
  }

  /// Reads the longest known prefix, writes what follows up to the last breakpoint.
  Charge charge(Trail trail, int promptTokens) {
    int read = 0;
    int write5m = 0;
    int write1h = 0;
    for (int at = trail.breakpoints.size() - 1; at >= 0 && read == 0; at--) {
      if (prefixes.get(trail.breakpoints.get(at).prefix()) != null) {
        read = trail.breakpoints.get(at).tokens();
      }
    }
    int cached = read;
    for (Breakpoint breakpoint : trail.breakpoints) {
      if (breakpoint.tokens() > cached) {
        int added = breakpoint.tokens() - cached;
        write1h += breakpoint.oneHour() ? added : 0;
        write5m += breakpoint.oneHour() ? 0 : added;
        cached = breakpoint.tokens();
      }
      prefixes.put(breakpoint.prefix(), true);
    }
    return new Charge(promptTokens - cached, write5m, write1h, read);
  }

  void clear() {
    prefixes.clear();
  }
}
