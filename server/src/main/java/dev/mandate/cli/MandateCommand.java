package dev.mandate.cli;

import dev.mandate.app.StartRefused;
import dev.mandate.cli.admin.AdminCommands;
import dev.mandate.cli.admin.ApplyCommand;
import dev.mandate.cli.admin.Refused;
import dev.mandate.cli.admin.Unreachable;
import picocli.CommandLine;

/// The command line's root: names the commands and turns a refusal into one clear line and an exit
/// code.
@CommandLine.Command(
    name = "mandate",
    description = "Give agents a mandate, never your keys.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      DoctorCommand.class,
      KeyCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      ReplayCommand.class,
      ApplyCommand.class
    })
public final class MandateCommand implements Runnable {
  /// sysexits' EX_CONFIG: the configuration is at fault, a restart won't help.
  static final int EXIT_REFUSED = 78;

  /// The server, or the command, says no.
  static final int EXIT_SAID_NO = 1;

  /// sysexits' EX_UNAVAILABLE: no answer came.
  static final int EXIT_UNAVAILABLE = 69;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  /// Runs the command and returns the process's exit code.
  public static int run(String... arguments) {
    CommandLine root = new CommandLine(new MandateCommand());
    AdminCommands.addTo(root);
    return root.setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((e, _, _) -> failed(e))
        .execute(arguments);
  }

  private static int failed(Exception e) throws Exception {
    int code =
        switch (e) {
          case StartRefused _ -> EXIT_REFUSED;
          case Refused _ -> EXIT_SAID_NO;
          case Unreachable _ -> EXIT_UNAVAILABLE;
          default -> throw e;
        };
    String.valueOf(e.getMessage()).lines().forEach(line -> System.err.println("mandate: " + line));
    return code;
  }
}
