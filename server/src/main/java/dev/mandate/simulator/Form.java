package dev.mandate.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A form with files (RFC 7578), read as leniently as servers do.
///
/// @param fields texts and, where they look like it, numbers and flags; the last of a name
/// @param files how many there were
/// @param fileBytes of all of them
/// @param content of the last one
record Form(ObjectNode fields, int files, int fileBytes, String content) {
  private static final Pattern BOUNDARY = Pattern.compile("boundary=\"?([^\";]+)");
  private static final Pattern NAME = Pattern.compile("[; ]name=\"?([^\";]*)");

  static Form read(Exchange exchange) {
    String type = String.valueOf(exchange.request().getHeader("content-type"));
    Matcher boundary = BOUNDARY.matcher(type);
    if (!type.startsWith("multipart/form-data") || !boundary.find()) {
      throw Refusal.invalid("Could not parse multipart form");
    }
    // Bytes as characters: what is cut stays as long as it was.
    String body = new String(exchange.rawBytes(), StandardCharsets.ISO_8859_1);
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    int files = 0;
    int bytes = 0;
    String last = "";
    for (String part : body.split(Pattern.quote("--" + boundary.group(1)), -1)) {
      int head = part.indexOf("\r\n\r\n");
      Matcher name = NAME.matcher(part);
      if (head < 0 || !name.find()) {
        continue;
      }
      String content = part.substring(head + 4, part.length() - 2);
      if (part.substring(0, head).contains("filename=")) {
        files++;
        bytes += content.length();
        last = new String(content.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      } else {
        put(
            fields,
            name.group(1),
            new String(content.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
      }
    }
    return new Form(fields, files, bytes, last);
  }

  private static void put(ObjectNode fields, String name, String value) {
    if (value.equals("true") || value.equals("false")) {
      fields.put(name, value.equals("true"));
    } else if (value.matches("[0-9]{1,9}")) {
      fields.put(name, Integer.parseInt(value));
    } else {
      fields.put(name, value);
    }
  }
}
