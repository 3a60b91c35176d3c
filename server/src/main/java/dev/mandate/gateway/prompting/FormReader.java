package dev.mandate.gateway.prompting;

import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Route;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Collects a [Prompt] from a form with files. A field is there once; only those whose name ends in
/// `[]` may be there more often.
final class FormReader {
  private static final int IMAGES_MAX = 16;
  private static final int COUNT_MAX = 10;
  private static final int FIELD_BYTES_MAX = 64 * 1024;
  private static final String LIST = "[]";

  private final Route route;
  private final byte[] body;
  private final @Nullable PromptText said;
  private final Map<String, Meaning> fields;
  private final Set<String> seen = new HashSet<>();

  private @Nullable String model;
  private boolean stream;
  private int count = 1;
  private int previews;
  private long textBytes;
  private int items;
  private int files;
  private long secondsMax;

  FormReader(Provider provider, Route route, byte[] body, @Nullable PromptText text) {
    this.said = text;
    this.route = route;
    this.body = body;
    this.fields = Members.of(provider, route.endpoint());
  }

  /// @throws Refusal for what isn't a strict form and for every field that isn't allowed
  static Prompt read(
      Provider provider,
      Route route,
      @Nullable String contentType,
      byte[] body,
      @Nullable PromptText text) {
    FormReader reader = new FormReader(provider, route, body, text);
    Multipart.parts(contentType, body).forEach(reader::field);
    return reader.prompt();
  }

  private void field(Multipart.Part part) {
    Meaning meaning = fields.get(part.name());
    if (meaning == null) {
      throw fields.containsKey(part.name().toLowerCase(Locale.ROOT))
          ? BodyScanner.caseVariant(part.name())
          : BodyScanner.notAllowed(part.name());
    }
    boolean list = part.name().endsWith(LIST);
    String plain =
        list ? part.name().substring(0, part.name().length() - LIST.length()) : part.name();
    // With both spellings of one name, either may be the one that is read.
    if (list ? seen.contains(plain) : !seen.add(plain) || seen.contains(plain + LIST)) {
      throw BodyScanner.invalid("the field '" + plain + "' is there twice");
    }
    if (list) {
      seen.add(part.name());
    }
    if (part.file() != (meaning == Meaning.FILE)) {
      throw BodyScanner.invalid(
          "the field '"
              + plain
              + (part.file() ? "' must not be a file" : "' must be a file, with a filename"));
    }
    if (meaning == Meaning.FILE) {
      file(part);
    } else {
      value(meaning, plain, text(part));
    }
  }

  private void file(Multipart.Part part) {
    if (++files > IMAGES_MAX + 1) {
      throw BodyScanner.invalid("the form has more than " + IMAGES_MAX + " images and a mask");
    }
    if (route.endpoint() != Endpoint.IMAGES_EDIT) {
      secondsMax = SoundLength.secondsMax(body, part.from(), part.to());
    }
  }

  private void value(Meaning meaning, String name, String value) {
    switch (meaning) {
      case MODEL -> model = value;
      case STREAM ->
          stream =
              switch (value) {
                case "true" -> true;
                case "false" -> false;
                default -> throw BodyScanner.invalid("'" + name + "' must be true or false");
              };
      case COUNT -> count = number(name, value, 1, COUNT_MAX);
      case PREVIEWS -> previews = number(name, value, 0, PromptReader.PREVIEWS_MAX);
      case DESCRIBED -> {
        items++;
        if (said != null) {
          said.spoken(value.toCharArray(), 0, value.length());
        }
        textBytes += value.getBytes(StandardCharsets.UTF_8).length;
      }
      default -> {
        // It changes neither cost nor state.
      }
    }
  }

  private String text(Multipart.Part part) {
    if (part.to() - part.from() > FIELD_BYTES_MAX) {
      throw BodyScanner.invalid(
          "the field '%s' has more than %d bytes".formatted(part.name(), FIELD_BYTES_MAX));
    }
    byte[] bytes = Arrays.copyOfRange(body, part.from(), part.to());
    if (!Utf8.isText(bytes)) {
      throw BodyScanner.invalid("the field '" + part.name() + "' is not valid UTF-8");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static int number(String name, String value, int min, int max) {
    // Without a leading zero, a sign or a blank, which parsers read differently.
    if (value.matches("0|[1-9][0-9]{0,3}")) {
      int number = Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    }
    throw BodyScanner.invalid("'" + name + "' must be a whole number from " + min + " to " + max);
  }

  private Prompt prompt() {
    String named = route.name();
    if (model == null) {
      model = named;
    }
    if (model == null) {
      throw BodyScanner.invalid("the field 'model' is missing");
    }
    if (named != null && !named.equals(model)) {
      throw BodyScanner.invalid("the field 'model' and the path name different models");
    }
    if (files == 0) {
      throw BodyScanner.invalid("the form has no file");
    }
    boolean images = route.endpoint() == Endpoint.IMAGES_EDIT;
    return new Prompt(
        model,
        stream,
        null,
        -1,
        null,
        count,
        textBytes,
        items,
        0,
        0,
        images ? files : 0,
        !images,
        false,
        false,
        0,
        new Prompt.StoreMember(false, -1),
        new Prompt.StreamUsage(false, false, -1, -1, false, -1, 0),
        Prompt.State.NONE,
        new Prompt.Media(0, secondsMax, previews));
  }
}
