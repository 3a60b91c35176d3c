package dev.mandate.reference;

import dev.mandate.app.ResilienceSettings;
import dev.mandate.app.ServerConfig;
import dev.mandate.app.TenantTree;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// `configuration.md`: every key of [ServerConfig], in the order of the file.
final class ConfigurationReference {
  private static final String HEAD =
      """
      # Configuration

      Keys of the YAML file; `{name}` stands for a name that you choose. Each can be set in the environment too: `MANDATE_` and
      the key in upper case, with `_` for every other character (`listen.port` is `MANDATE_LISTEN_PORT`). An unknown key refuses
      to start. Durations are ISO 8601 (`PT10M`, `P30D`).

      """;

  private static final String TENANTS =
      """

      `tenants.{name}` is another tenant, below `/t/{name}`: every key from `tenant.name` on may stand there too.
      """;

  private final DocComments comments = DocComments.of(ServerConfig.class);
  private final DocComments ofTenants = DocComments.of(TenantTree.class);
  private final DocComments ofFailures = DocComments.of(ResilienceSettings.class);
  private final List<String> order;
  private final Table table = new Table("Key", "Type", "Default", "What it is");

  private ConfigurationReference(List<String> order) {
    this.order = order;
  }

  static String write() {
    ConfigurationReference reference =
        new ConfigurationReference(
            Stream.of(ServerConfig.class, TenantTree.class, ResilienceSettings.class)
                .flatMap(type -> SourceOrder.of(type).stream())
                .toList());
    reference.add("", ServerConfig.class);
    reference.add("", TenantTree.class);
    return HEAD + reference.table + TENANTS;
  }

  private void add(String prefix, Class<?> group) {
    List<Method> methods = new ArrayList<>(List.of(group.getDeclaredMethods()));
    methods.removeIf(Method::isSynthetic);
    methods.sort(
        Comparator.comparingInt(m -> order.indexOf(group.getSimpleName() + "." + m.getName())));
    for (Method method : methods) {
      String key = prefix + name(method);
      add(key, method.getGenericReturnType(), method, group);
    }
  }

  private void add(String key, Type type, Method method, Class<?> group) {
    if (type.getTypeName().endsWith("TenantTree>")) {
      return;
    }
    if (type instanceof Class<?> nested && isGroup(nested)) {
      add(key + ".", nested);
    } else if (type instanceof ParameterizedType generic && generic.getRawType() == Map.class) {
      add(key + ".{name}", generic.getActualTypeArguments()[1], method, group);
    } else if (type instanceof ParameterizedType generic
        && generic.getRawType() == Optional.class
        && generic.getActualTypeArguments()[0] instanceof Class<?> nested
        && isGroup(nested)) {
      add(key + ".", nested);
    } else if (type instanceof ParameterizedType optional
        && optional.getActualTypeArguments()[0] instanceof ParameterizedType list
        && list.getRawType() == List.class
        && list.getActualTypeArguments()[0] instanceof Class<?> nested
        && isGroup(nested)) {
      add(key + "[].", nested);
    } else {
      String member = group.getSimpleName() + "." + method.getName();
      String says =
          isOf(TenantTree.class, group)
              ? ofTenants.text(member)
              : isOf(ResilienceSettings.class, group)
                  ? ofFailures.text(member)
                  : comments.text(member);
      if (says.isEmpty()) {
        throw new IllegalStateException("say with /// what " + key + " is");
      }
      table.row("`" + key + "`", words(type), byDefault(method, type), says);
    }
  }

  private static boolean isGroup(Class<?> type) {
    return type.isInterface()
        && (isOf(ServerConfig.class, type)
            || isOf(TenantTree.class, type)
            || isOf(ResilienceSettings.class, type));
  }

  private static boolean isOf(Class<?> file, Class<?> group) {
    return group == file || group.getEnclosingClass() == file;
  }

  private static String name(Method method) {
    WithName name = method.getAnnotation(WithName.class);
    return name == null ? method.getName() : name.value();
  }

  private static String byDefault(Method method, Type type) {
    WithDefault value = method.getAnnotation(WithDefault.class);
    if (value != null) {
      return "`" + value.value() + "`";
    }
    return type.getTypeName().startsWith("java.util.Optional") ? "" : "required";
  }

  private static String words(Type type) {
    if (type instanceof ParameterizedType generic) {
      String of = words(generic.getActualTypeArguments()[0]);
      return generic.getRawType() == Set.class || generic.getRawType() == List.class
          ? "list of " + of
          : of;
    }
    if (type instanceof Class<?> values && values.isEnum()) {
      return "one of "
          + Stream.of(values.getEnumConstants())
              .map(value -> value.toString().toLowerCase(Locale.ROOT))
              .toList();
    }
    return switch (((Class<?>) type).getSimpleName()) {
      case "int", "long", "OptionalLong", "OptionalInt" -> "number";
      case "double", "OptionalDouble" -> "decimal";
      case "boolean", "Boolean" -> "true or false";
      case "String" -> "text";
      case "Path" -> "file";
      case "SecretSource" -> "file or `env:NAME`";
      case "URI" -> "URL";
      case "Duration" -> "duration";
      case "ZoneId" -> "time zone";
      case "Role" -> "role";
      default -> throw new IllegalStateException("say in words what a setting of " + type + " is");
    };
  }
}
