package dev.mandate.oauth.device;

import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;

/// `GET /device/approved` and `GET /device/denied`: where the person's part ends. They say the same
/// to everybody; what became of a request, only its device hears.
public final class DeviceEndEndpoint implements Endpoint {
  public static final String APPROVED = "/device/approved";
  public static final String DENIED = "/device/denied";

  private final Issuers issuers;
  private final Pages pages;

  public DeviceEndEndpoint(Issuers issuers, Pages pages) {
    this.issuers = issuers;
    this.pages = pages;
  }

  /// @param approved what the person answered
  public record View(boolean approved) {}

  @Override
  public HttpResponse handle(HttpRequest request) {
    boolean approved = request.path().equals(APPROVED);
    String title = approved ? "Go back to your device" : "Nothing was given";
    return pages.show(
        200, Page.of("deviceend", title, issuers.of(request).root(), new View(approved)));
  }
}
