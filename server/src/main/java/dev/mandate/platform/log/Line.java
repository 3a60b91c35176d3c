package dev.mandate.platform.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import dev.mandate.platform.observe.LogFields;
import dev.mandate.platform.observe.RequestFacts;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/// One event as it goes into the log, whatever the format: every text in it is [Cleaned].
///
/// @param stack null when nothing was thrown
/// @param fields by name, of the request that it belongs to
record Line(String message, @Nullable String stack, Map<String, Object> fields) {
  private static final int MESSAGE_CHARACTERS_MAX = 2_048;
  private static final int STACK_CHARACTERS_MAX = 16 * 1024;
  private static final int FIELD_CHARACTERS_MAX = 256;

  static Line of(ILoggingEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    LogFields given = given(event.getArgumentArray());
    if (given == null) {
      given = RequestFacts.ofThisThread();
    }
    if (given != null) {
      given.fields((name, value) -> fields.put(name, clean(value)));
    }
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        fields.put(pair.key, clean(String.valueOf(pair.value)));
      }
    }
    IThrowableProxy thrown = event.getThrowableProxy();
    return new Line(
        Cleaned.of(String.valueOf(event.getFormattedMessage()), MESSAGE_CHARACTERS_MAX, false),
        thrown == null
            ? null
            : Cleaned.of(
                ThrowableProxyUtil.asString(thrown).replace("\r", ""), STACK_CHARACTERS_MAX, true),
        fields);
  }

  private static @Nullable LogFields given(Object @Nullable [] arguments) {
    if (arguments != null) {
      for (Object argument : arguments) {
        if (argument instanceof LogFields fields) {
          return fields;
        }
      }
    }
    return null;
  }

  private static Object clean(Object value) {
    return value instanceof Number
        ? value
        : Cleaned.of(value.toString(), FIELD_CHARACTERS_MAX, false);
  }
}
