package dev.mandate.cli.admin;

import dev.mandate.cli.admin.AdminOperation.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// Adds a command a noun and a verb of the admin API, with an option a member.
public final class AdminCommands {
  static final String URL = "--url";
  static final String KEY_FILE = "--key-file";
  static final String JSON = "--json";
  static final String FILE = "--file";
  static final String UNSET = "--unset";
  static final String ALL = "--all";

  private AdminCommands() {}

  /// A noun that is there already (`key`) gets the verbs added.
  public static void addTo(CommandLine root) {
    Map<String, List<AdminOperation>> byNoun = new TreeMap<>();
    for (AdminOperation operation : AdminDocument.packaged().operations()) {
      byNoun.computeIfAbsent(operation.noun(), _ -> new ArrayList<>()).add(operation);
    }
    byNoun.forEach(
        (noun, operations) -> {
          CommandLine command = root.getSubcommands().get(noun);
          if (command == null) {
            command = new CommandLine(noun(noun, operations));
            root.addSubcommand(noun, command);
          }
          for (AdminOperation operation : operations) {
            command.addSubcommand(operation.verb(), new CommandLine(verb(operation)));
          }
        });
  }

  private static CommandSpec noun(String noun, List<AdminOperation> operations) {
    AtomicReference<CommandSpec> own = new AtomicReference<>();
    CommandSpec spec =
        CommandSpec.wrapWithoutInspection(
            (Runnable) () -> own.get().commandLine().usage(System.out));
    own.set(spec);
    spec.name(noun).mixinStandardHelpOptions(true);
    spec.usageMessage()
        .description(
            "Admin API: "
                + String.join(", ", operations.stream().map(AdminOperation::verb).toList()));
    return spec;
  }

  private static CommandSpec verb(AdminOperation operation) {
    Invocation invocation = new Invocation(operation);
    CommandSpec spec = CommandSpec.wrapWithoutInspection((Callable<Integer>) invocation);
    invocation.spec(spec);
    spec.name(operation.verb()).mixinStandardHelpOptions(true);
    spec.usageMessage().description(operation.summary()).sortOptions(false);
    for (int i = 0; i < operation.ids().size(); i++) {
      spec.addPositional(
          PositionalParamSpec.builder()
              .index(String.valueOf(i))
              .paramLabel(operation.ids().get(i).toUpperCase(Locale.ROOT))
              .required(true)
              .type(String.class)
              .build());
    }
    operation.filters().forEach(filter -> spec.addOption(option(filter)));
    operation.body().forEach(member -> spec.addOption(option(member)));
    if (operation.mediaType() != null) {
      spec.addOption(
          file(
              "the body as JSON or YAML, `-` for the standard input; options override",
              "-f",
              FILE));
    }
    if (operation.method().equals("PATCH")) {
      spec.addOption(
          OptionSpec.builder(UNSET)
              .paramLabel("MEMBER")
              .description("take this member away")
              .type(List.class)
              .auxiliaryTypes(String.class)
              .build());
    }
    if (operation.verb().equals("list")) {
      spec.addOption(flag(ALL, "all pages, not only the first"));
    }
    return withConnection(spec);
  }

  /// Where to, and how to print.
  static CommandSpec withConnection(CommandSpec spec) {
    return spec.addOption(
            OptionSpec.builder(URL)
                .paramLabel("URL")
                .description("the issuer (or " + Connection.URL_VARIABLE + ")")
                .type(String.class)
                .build())
        .addOption(file("with an admin API key (or " + Connection.KEY_VARIABLE + ")", KEY_FILE))
        .addOption(flag(JSON, "print JSON"));
  }

  private static OptionSpec option(Member member) {
    OptionSpec.Builder option =
        OptionSpec.builder(member.option()).description(member.description().split("\n", 2)[0]);
    if (member.secret()) {
      return option.paramLabel("FILE").type(Path.class).build();
    }
    return switch (member.kind()) {
      case TEXT -> option.paramLabel("TEXT").type(String.class).build();
      case NUMBER -> option.paramLabel("NUMBER").type(String.class).build();
      case FLAG -> option.paramLabel("true|false").type(String.class).build();
      case JSON -> option.paramLabel("JSON").type(String.class).build();
      case TEXTS -> option.paramLabel("TEXT").type(List.class).auxiliaryTypes(String.class).build();
    };
  }

  private static OptionSpec file(String description, String... names) {
    return OptionSpec.builder(names)
        .paramLabel("FILE")
        .description(description)
        .type(Path.class)
        .build();
  }

  private static OptionSpec flag(String name, String description) {
    return OptionSpec.builder(name).description(description).type(boolean.class).build();
  }
}
