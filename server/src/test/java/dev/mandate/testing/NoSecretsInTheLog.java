package dev.mandate.testing;

import dev.mandate.domain.apikey.ApiKeyFormat;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Reads every line that any test of this module causes on the standard error, the log's own place:
/// none may hold an API key, a signed token, or a secret that a test has marked with `canary`.
/// Registered for all tests; the class at whose end such a line is found fails, with the line
/// masked.
public final class NoSecretsInTheLog implements BeforeAllCallback, AfterAllCallback {
  private static final String MASK = "(secret)";
  private static final Pattern KEY = Pattern.compile(ApiKeyFormat.PREFIX + "[\\w-]{51}");
  private static final List<Pattern> SECRETS =
      List.of(
          Pattern.compile("eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]{40,}"),
          Pattern.compile("[\\w-]*canary[-@][\\w-]*"));

  private static final ConcurrentLinkedQueue<String> found = new ConcurrentLinkedQueue<>();

  private static final AtomicBoolean listening = new AtomicBoolean();

  /// Passes all on, and looks at each line when it is whole.
  private static final class Lines extends FilterOutputStream {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Lines(OutputStream out) {
      super(out);
    }

    @Override
    public synchronized void write(int b) throws IOException {
      out.write(b);
      add(b);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) throws IOException {
      out.write(bytes, from, length);
      for (int i = from; i < from + length; i++) {
        add(bytes[i]);
      }
    }

    private void add(int b) {
      if (b == '\n') {
        look(line.toString(StandardCharsets.UTF_8));
        line.reset();
      } else {
        line.write(b);
      }
    }
  }

  private static void look(String line) {
    String masked = masked(line);
    if (!masked.equals(line)) {
      found.add(masked);
    }
  }

  /// The line without what is secret in it.
  static String masked(String line) {
    String masked =
        KEY.matcher(line)
            .replaceAll(key -> ApiKeyFormat.isWellFormed(key.group()) ? MASK : key.group());
    for (Pattern secret : SECRETS) {
      masked = secret.matcher(masked).replaceAll(MASK);
    }
    return masked;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    // Once for all classes.
    if (listening.compareAndSet(false, true)) {
      System.setErr(new PrintStream(new Lines(System.err), true, StandardCharsets.UTF_8));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    List<String> lines = List.copyOf(found);
    found.removeAll(lines);
    if (!lines.isEmpty()) {
      throw new AssertionError("secrets in the log:\n" + String.join("\n", lines));
    }
  }
}
