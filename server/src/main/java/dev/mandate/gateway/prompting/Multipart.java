package dev.mandate.gateway.prompting;

import dev.mandate.gateway.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Cuts a `multipart/form-data` body (RFC 7578, RFC 2046 §5.1) into its parts, and takes only what
/// every parser cuts alike: no preamble and no epilogue, CRLF at the end of each line, no folded
/// lines, no second spelling of a name, and the boundary nowhere but between parts.
public final class Multipart {
  static final int PARTS_MAX = 64;
  private static final int HEADER_BYTES_MAX = 1024;
  private static final int HEADERS_MAX = 8;

  /// A subset of RFC 2046's `bchars`: those that need no quotes, and that no parser trims.
  private static final Pattern TYPE =
      Pattern.compile(
          "multipart/form-data;"
              + " ?boundary=(?:([0-9A-Za-z'+_.-]{1,70})|\"([0-9A-Za-z'+_.-]{1,70})\")",
          Pattern.CASE_INSENSITIVE);

  /// Without escapes, which parsers undo differently, and without `filename*` (RFC 7578 §4.2).
  private static final Pattern DISPOSITION =
      Pattern.compile(
          "form-data; ?name=\"([a-z0-9_\\[\\]]{1,64})\"(?:;"
              + " ?filename=\"([^\"\\\\\\p{Cntrl}]{0,255})\")?",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}(?:; ?charset=\"?utf-8\"?)?");

  private final byte[] body;
  private final byte[] delimiter;
  private int at;

  private Multipart(byte[] body, String boundary) {
    this.body = body;
    this.delimiter = ("--" + boundary).getBytes(StandardCharsets.US_ASCII);
  }

  /// One part.
  ///
  /// @param file whether it has a file's name
  /// @param from where its content begins
  /// @param to where its content has ended
  record Part(String name, boolean file, int from, int to) {}

  /// Whether a body of this type can be read here.
  public static boolean isForm(@Nullable String contentType) {
    return contentType != null && TYPE.matcher(contentType).matches();
  }

  /// @throws Refusal for what parsers could cut differently
  static List<Part> parts(@Nullable String contentType, byte[] body) {
    Matcher type = TYPE.matcher(String.valueOf(contentType));
    if (!type.matches()) {
      throw BodyScanner.invalid("content-type must be multipart/form-data with a plain boundary");
    }
    String boundary = type.group(1) == null ? type.group(2) : type.group(1);
    return new Multipart(body, boundary).read();
  }

  private List<Part> read() {
    List<Part> parts = new ArrayList<>();
    if (!isAt(delimiter, 0)) {
      throw BodyScanner.invalid("the form does not begin with its boundary");
    }
    at = delimiter.length;
    while (true) {
      if (isAt(at, '-') && isAt(at + 1, '-')) {
        end(at + 2);
        if (parts.isEmpty()) {
          throw BodyScanner.invalid("the form has no parts");
        }
        return parts;
      }
      crlf("a boundary is not followed by the end of its line");
      if (parts.size() == PARTS_MAX) {
        throw BodyScanner.invalid("the form has more than " + PARTS_MAX + " parts");
      }
      parts.add(part());
    }
  }

  private void end(int from) {
    boolean bare = from == body.length;
    boolean line = from + 2 == body.length && isAt(from, '\r') && isAt(from + 1, '\n');
    if (!bare && !line) {
      throw BodyScanner.invalid("something follows the last boundary of the form");
    }
  }

  private Part part() {
    Matcher disposition = null;
    long length = -1;
    boolean typed = false;
    for (int headers = 0; ; headers++) {
      String line = line();
      if (line.isEmpty()) {
        break;
      }
      if (headers == HEADERS_MAX) {
        throw BodyScanner.invalid("a part has more than " + HEADERS_MAX + " header fields");
      }
      int colon = line.indexOf(':');
      String value = colon < 0 ? "" : line.substring(colon + 1).strip();
      switch (colon < 0 ? "" : line.substring(0, colon).toLowerCase(Locale.ROOT)) {
        case "content-disposition" -> disposition = disposition(disposition, value);
        case "content-type" -> {
          if (typed || !MEDIA_TYPE.matcher(value.toLowerCase(Locale.ROOT)).matches()) {
            throw BodyScanner.invalid("a part's content-type is not one plain media type");
          }
          typed = true;
        }
        case "content-length" -> length = length(length, value);
        case "content-transfer-encoding" -> {
          // Any other is undone by some and not by others (RFC 7578 §4.7).
          if (!value.equalsIgnoreCase("binary") && !value.equalsIgnoreCase("8bit")) {
            throw BodyScanner.invalid("a part's content-transfer-encoding must be binary");
          }
        }
        default -> throw BodyScanner.invalid("a part has a header field that is not known here");
      }
    }
    if (disposition == null) {
      throw BodyScanner.invalid("a part has no content-disposition");
    }
    int from = at;
    int to = content();
    if (length >= 0 && length != to - from) {
      throw BodyScanner.invalid("a part's content-length is not its length");
    }
    // Names are matched as they are written: another case is another name, and refused as one.
    return new Part(disposition.group(1), disposition.group(2) != null, from, to);
  }

  private static Matcher disposition(@Nullable Matcher before, String value) {
    Matcher matcher = DISPOSITION.matcher(value);
    if (before != null || !matcher.matches()) {
      throw BodyScanner.invalid(
          "a part's content-disposition is not form-data with a plain name and filename");
    }
    return matcher;
  }

  private static long length(long before, String value) {
    if (before >= 0 || !value.matches("[0-9]{1,10}")) {
      throw BodyScanner.invalid("a part's content-length is not one number");
    }
    return Long.parseLong(value);
  }

  /// A header line, without its end.
  private String line() {
    int from = at;
    while (at < body.length && body[at] != '\r' && body[at] != '\n') {
      if (at - from == HEADER_BYTES_MAX) {
        throw BodyScanner.invalid(
            "a part's header field has more than " + HEADER_BYTES_MAX + " bytes");
      }
      at++;
    }
    byte[] line = Arrays.copyOfRange(body, from, at);
    crlf("a line of a part's header does not end in CRLF");
    if (line.length > 0 && (line[0] == ' ' || line[0] == '\t')) {
      throw BodyScanner.invalid("a part's header has a folded line");
    }
    if (!Utf8.isText(line)) {
      throw BodyScanner.invalid("a part's header is not valid UTF-8");
    }
    return new String(line, StandardCharsets.UTF_8);
  }

  private void crlf(String otherwise) {
    if (!isAt(at, '\r') || !isAt(at + 1, '\n')) {
      throw BodyScanner.invalid(otherwise);
    }
    at += 2;
  }

  /// Goes behind the boundary that ends a part's content.
  ///
  /// @return where the content has ended
  private int content() {
    for (int i = at; i + delimiter.length <= body.length; i++) {
      if (body[i] == '-' && isAt(delimiter, i)) {
        if (i < at + 2 || body[i - 2] != '\r' || body[i - 1] != '\n') {
          // A parser that takes a bare LF for the end of a line would cut here.
          throw BodyScanner.invalid("the boundary of the form stands inside a part");
        }
        at = i + delimiter.length;
        return i - 2;
      }
    }
    throw BodyScanner.invalid("the form has no last boundary");
  }

  private boolean isAt(int position, char expected) {
    return position < body.length && body[position] == expected;
  }

  private boolean isAt(byte[] expected, int position) {
    if (position + expected.length > body.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if (body[position + i] != expected[i]) {
        return false;
      }
    }
    return true;
  }
}
