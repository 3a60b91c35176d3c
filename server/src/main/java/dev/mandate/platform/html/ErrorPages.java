package dev.mandate.platform.html;

import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.log.Sent;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one place that turns what an endpoint for people throws into a page with the error's id.
public final class ErrorPages {
  private static final Logger log = LoggerFactory.getLogger(ErrorPages.class);

  private final Pages pages;
  private final Function<HttpRequest, String> root;

  /// What the page shows.
  public record ErrorView(String title, String message, String errorId) {}

  /// @param root the path that links of a request's pages begin with
  public ErrorPages(Pages pages, Function<HttpRequest, String> root) {
    this.pages = pages;
    this.root = root;
  }

  /// Wraps an endpoint whose answers are pages.
  public Endpoint around(Endpoint endpoint) {
    return request -> {
      try {
        return endpoint.handle(request);
      } catch (PageRefusal e) {
        log.info("{} refused: {} {}", request, e.status(), e.title());
        HttpResponse page = show(request, e.status(), e.title(), String.valueOf(e.getMessage()));
        return e.retryAfter() == null
            ? page
            : page.with("retry-after", String.valueOf(e.retryAfter().toSeconds()));
      } catch (BadRequest e) {
        log.info("{} refused: {}", request, Sent.masked(e.getMessage()));
        return show(request, 400, "That request is malformed", String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        log.error("{} failed", request, e);
        return show(
            request,
            500,
            "Something failed here",
            "It is our fault, not yours. Try again; if it stays, give the error id to whoever runs"
                + " this server.");
      }
    };
  }

  private HttpResponse show(HttpRequest request, int status, String title, String message) {
    return pages.show(
        status,
        Page.of("error", title, root.apply(request), new ErrorView(title, message, request.id())));
  }
}
