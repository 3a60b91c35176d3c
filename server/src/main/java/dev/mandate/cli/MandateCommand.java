package dev.mandate.cli;

import dev.mandate.app.StartRefused;
import picocli.CommandLine;

/// The command line's root: names the commands and turns a refusal into one clear line and an exit
/// code.
@CommandLine.Command(
    name = "mandate",
    description = "Give agents a mandate, never your keys.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {DemoCommand.class, ServeCommand.class, DoctorCommand.class, KeyCommand.class})
public final class MandateCommand implements Runnable {
  /// sysexits' EX_CONFIG: the configuration is at fault, a restart won't help.
  static final int EXIT_REFUSED = 78;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  /// Runs the command and returns the process's exit code.
  public static int run(String... arguments) {
    return new CommandLine(new MandateCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (e, _, _) -> {
              if (e instanceof StartRefused refused) {
                refused
                    .getMessage()
                    .lines()
                    .forEach(line -> System.err.println("mandate: " + line));
                return EXIT_REFUSED;
              }
              throw e;
            })
        .execute(arguments);
  }
}
