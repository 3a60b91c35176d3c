package dev.mandate;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The rules of the tree, checked on every build. The reasons are in
/// docs/decisions/0001-one-module-two-floors.md.
class ArchitectureTest {
  private static final String ROOT = "dev.mandate";

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void dependenciesPointOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true)
        .layer("cli")
        .definedBy(ROOT + ".cli..")
        .layer("app")
        .definedBy(ROOT + ".app..")
        .layer("oauth")
        .definedBy(ROOT + ".oauth..")
        .layer("gateway")
        .definedBy(ROOT + ".gateway..")
        .layer("admin")
        .definedBy(ROOT + ".admin..")
        .layer("console")
        .definedBy(ROOT + ".console..")
        .layer("simulator")
        .definedBy(ROOT + ".simulator..")
        .layer("domain")
        .definedBy(ROOT + ".domain..")
        .layer("storage")
        .definedBy(ROOT + ".storage..")
        .layer("platform")
        .definedBy(ROOT + ".platform..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("app")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("oauth")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("gateway")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("admin")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("console")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("simulator")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("storage")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("domain")
        .mayOnlyAccessLayers("platform")
        .whereLayer("simulator")
        .mayOnlyAccessLayers("platform")
        .whereLayer("platform")
        .mayNotAccessAnyLayer()
        .check(PRODUCT);
  }

  @Test
  void roomsAreFreeOfCycles() {
    for (String floor :
        List.of("oauth", "gateway", "admin", "console", "domain", "storage", "platform")) {
      slices()
          .matching(ROOT + "." + floor + ".(*)..")
          .should()
          .beFreeOfCycles()
          .allowEmptyShould(true)
          .check(PRODUCT);
    }
  }

  @Test
  void eachLibraryHasItsOwners() {
    owns("SQL", List.of("java.sql..", "javax.sql..", "org.jdbi..", "org.flywaydb.."), "storage");
    owns("JOSE and OAuth messages", List.of("com.nimbusds.."), "platform.jose", "oauth");
    owns("command line", List.of("picocli.."), "cli");
    owns("YAML", List.of("org.yaml.."), "cli", "app");
    owns("templates", List.of("gg.jte.."), "platform.html", "pages");
    owns("configuration", List.of("io.smallrye..", "org.eclipse.microprofile.."), "app");
    owns(
        "Vert.x and Netty",
        List.of("io.vertx..", "io.netty.."),
        "platform.http",
        "gateway",
        "app",
        "simulator");
    owns("mail", List.of("jakarta.mail..", "org.eclipse.angus.."), "platform.mail");
    owns("JSON Schema", List.of("com.networknt.."), "platform.json");
    owns("Bouncy Castle", List.of("org.bouncycastle.."), "platform.crypto");
    owns("metrics", List.of("io.micrometer..", "io.prometheus.."), "platform.metrics");
    owns("traces", List.of("io.opentelemetry.."), "platform.trace");
    owns(
        "patterns over prompts", List.of("com.google.re2j.."), "domain.prompt", "domain.promptlog");
    owns("the log's back end", List.of("ch.qos.logback.."), "platform.log");
  }

  private static void owns(String what, List<String> library, String... owners) {
    String[] packages = Stream.of(owners).map(o -> ROOT + "." + o + "..").toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(packages)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(library.toArray(String[]::new))
        .allowEmptyShould(true)
        .as(what + " belongs to " + List.of(owners))
        .check(PRODUCT);
  }

  @Test
  void noDrawers() {
    noClasses()
        .should()
        .resideInAnyPackage(
            "..util..",
            "..common..",
            "..helper..",
            "..impl..",
            "..dto..",
            "..model..",
            "..service..",
            "..manager..",
            "..controller..")
        .check(PRODUCT);
  }

  @Test
  void timeAndThreadsComeFromTheFloorBelow() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            ROOT + ".app..", ROOT + ".platform..", ROOT + ".cli..", ROOT + ".simulator..")
        .should()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(ThreadLocal.class, java.util.concurrent.Executors.class)
        .allowEmptyShould(true)
        .check(PRODUCT);
  }

  @Test
  void onlyTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .allowEmptyShould(true)
        .check(PRODUCT);
  }

  /// A record prints its components, so what must not be printed has a type that cannot.
  @Test
  void secretsAreNotStrings() {
    assertThat(
            PRODUCT.stream()
                .filter(JavaClass::isRecord)
                .flatMap(c -> c.getFields().stream())
                .filter(ArchitectureTest::isSecretByName)
                .map(JavaField::getFullName))
        .isEmpty();
  }

  private static boolean isSecretByName(JavaField field) {
    String name = field.getName().toLowerCase(Locale.ROOT);
    return field.getRawType().isEquivalentTo(String.class)
        && Stream.of(
                "secret", "password", "token", "apikey", "privatekey", "verifier", "credential")
            .anyMatch(name::endsWith);
  }

  @Test
  void everyPackageExplainsItself() throws IOException {
    Path sources = Path.of("src/main/java");
    try (Stream<Path> folders = Files.walk(sources).filter(Files::isDirectory)) {
      for (Path folder : folders.toList()) {
        boolean hasCode;
        try (Stream<Path> files = Files.list(folder)) {
          hasCode = files.anyMatch(f -> f.toString().endsWith(".java"));
        }
        if (hasCode) {
          Path info = folder.resolve("package-info.java");
          assertThat(info).exists();
          assertThat(Files.readString(info)).startsWith("///").contains("@NullMarked");
        }
      }
    }
  }
}
