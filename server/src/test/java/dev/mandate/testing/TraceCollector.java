package dev.mandate.testing;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// An OpenTelemetry collector on loopback: takes OTLP/HTTP in protobuf, as far as traces need it.
public final class TraceCollector implements AutoCloseable {
  /// A span as it arrived.
  public record Span(
      String traceId,
      String spanId,
      String parentId,
      String name,
      long kind,
      Map<String, String> attributes) {}

  private final HttpServer server;
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
  public final List<String> authorizations = new CopyOnWriteArrayList<>();
  public final AtomicInteger status = new AtomicInteger(200);
  public final AtomicInteger requests = new AtomicInteger();

  public TraceCollector() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/v1/traces",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          requests.incrementAndGet();
          String authorization = exchange.getRequestHeaders().getFirst("authorization");
          if (authorization != null) {
            authorizations.add(authorization);
          }
          if (status.get() == 200) {
            bodies.add(body);
            read(body);
          }
          exchange.sendResponseHeaders(status.get(), -1);
          exchange.close();
        });
    server.start();
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  public List<Span> spans() {
    return List.copyOf(spans);
  }

  /// Everything that arrived, as text.
  public String everything() {
    StringBuilder all = new StringBuilder();
    bodies.forEach(body -> all.append(new String(body, StandardCharsets.ISO_8859_1)));
    return all.toString();
  }

  private record Field(int number, long varint, byte[] bytes) {
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /// ExportTraceServiceRequest: resource_spans 1 → scope_spans 2 → spans 2.
  private void read(byte[] body) {
    for (Field resource : fields(body)) {
      for (Field scope : fields(resource.bytes)) {
        if (scope.number == 2) {
          for (Field span : fields(scope.bytes)) {
            if (span.number == 2) {
              spans.add(span(span.bytes));
            }
          }
        }
      }
    }
  }

  private static Span span(byte[] bytes) {
    String trace = "";
    String id = "";
    String parent = "";
    String name = "";
    long kind = 0;
    Map<String, String> attributes = new TreeMap<>();
    for (Field field : fields(bytes)) {
      switch (field.number) {
        case 1 -> trace = HexFormat.of().formatHex(field.bytes);
        case 2 -> id = HexFormat.of().formatHex(field.bytes);
        case 4 -> parent = HexFormat.of().formatHex(field.bytes);
        case 5 -> name = field.text();
        case 6 -> kind = field.varint;
        case 9 -> attribute(field.bytes, attributes);
        default -> {}
      }
    }
    return new Span(trace, id, parent, name, kind, attributes);
  }

  /// KeyValue: key 1, value 2 → string 1 or int 3.
  private static void attribute(byte[] bytes, Map<String, String> to) {
    List<Field> pair = fields(bytes);
    Field value = fields(pair.get(1).bytes).getFirst();
    to.put(pair.get(0).text(), value.number == 1 ? value.text() : Long.toString(value.varint));
  }

  private static List<Field> fields(byte[] bytes) {
    List<Field> fields = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      long tag = varint(in);
      int number = (int) (tag >>> 3);
      switch ((int) (tag & 7)) {
        case 0 -> fields.add(new Field(number, varint(in), new byte[0]));
        case 1 -> fields.add(new Field(number, in.getLong(), new byte[0]));
        case 2 -> {
          byte[] content = new byte[(int) varint(in)];
          in.get(content);
          fields.add(new Field(number, 0, content));
        }
        case 5 -> fields.add(new Field(number, in.getInt(), new byte[0]));
        default -> throw new IllegalStateException("wire type " + (tag & 7));
      }
    }
    return fields;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
