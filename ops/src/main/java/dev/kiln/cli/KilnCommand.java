package dev.kiln.cli;

import dev.kiln.cli.train.TrainCommand;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kiln}: chooses a command. */
@Command(
    name = "kiln",
    description =
        "Compiles and runs kernels in the Triton language, simulates PTX, and trains with kernels.",
    mixinStandardHelpOptions = true,
    version = "kiln 0.1.0",
    subcommands = {
      DoctorCommand.class,
      CheckCommand.class,
      CompileCommand.class,
      RunCommand.class,
      TrainCommand.class,
      SimCommand.class,
      ProfileCommand.class,
      CacheCommand.class
    })
public final class KilnCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
  }

  public static void main(String[] args) {
    System.exit(
        execute(args, new PrintWriter(System.out, true), new PrintWriter(System.err, true)));
  }

  /** Runs a command line and returns its exit code. */
  public static int execute(String[] args, PrintWriter out, PrintWriter err) {
    CommandLine line = new CommandLine(new KilnCommand());
    line.setOut(out);
    line.setErr(err);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExpandAtFiles(false); // @FILE is a value
    line.setExecutionExceptionHandler(new FaultReport());
    int code = execute(line, args);
    out.flush();
    err.flush();
    return code;
  }

  private static int execute(CommandLine line, String[] args) {
    try {
      return line.execute(args);
    } catch (OutOfMemoryError e) {
      line.getErr()
          .println(
              "kiln: the Java heap of %,d MiB is too small; give it more: KILN_JAVA_OPTS=-Xmx16g"
                  .formatted(Runtime.getRuntime().maxMemory() >> 20));
      return CommandLine.ExitCode.SOFTWARE;
    }
  }
}
