package dev.mandate.platform.trace;

import org.jspecify.annotations.Nullable;

/// The `traceparent` field (W3C Trace Context §3.2). Its ids go into our logs, so nothing but
/// lower-case hexadecimal digits comes through.
///
/// @param sampled whether the caller says that it records this trace
public record TraceParent(String traceId, String spanId, boolean sampled) {
  private static final int LENGTH = 55;
  private static final int TRACE_AT = 3;
  private static final int SPAN_AT = 36;
  private static final int FLAGS_AT = 53;

  /// Null for a field that is absent or malformed: §3.2.2.3 has both start a new trace.
  public static @Nullable TraceParent parse(@Nullable String field) {
    if (field == null || field.length() < LENGTH) {
      return null;
    }
    // §3.2.2.1: version ff is forbidden; of later versions the part that we know is read.
    boolean known = field.startsWith("00");
    if (!hex(field, 0, 2)
        || field.startsWith("ff")
        || (known ? field.length() != LENGTH : longer(field))) {
      return null;
    }
    if (field.charAt(2) != '-'
        || field.charAt(SPAN_AT - 1) != '-'
        || field.charAt(FLAGS_AT - 1) != '-'
        || !hex(field, TRACE_AT, SPAN_AT - 1)
        || !hex(field, SPAN_AT, FLAGS_AT - 1)
        || !hex(field, FLAGS_AT, LENGTH)) {
      return null;
    }
    String trace = field.substring(TRACE_AT, SPAN_AT - 1);
    String span = field.substring(SPAN_AT, FLAGS_AT - 1);
    // §3.2.2.3 and §3.2.2.4: all zeros is no id.
    if (trace.chars().allMatch(c -> c == '0') || span.chars().allMatch(c -> c == '0')) {
      return null;
    }
    boolean sampled = (Character.digit(field.charAt(LENGTH - 1), 16) & 1) == 1;
    return new TraceParent(trace, span, sampled);
  }

  private static boolean longer(String field) {
    return field.length() > LENGTH && field.charAt(LENGTH) != '-';
  }

  private static boolean hex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }
}
