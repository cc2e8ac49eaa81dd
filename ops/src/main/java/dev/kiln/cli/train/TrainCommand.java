package dev.kiln.cli.train;

import dev.kiln.ops.schedule.Schedules;
import dev.kiln.runtime.KilnException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln train}: chooses a workload. */
@Command(
    name = "train",
    description = "Trains a model. `kiln train WORKLOAD --help` tells the options of a workload.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WORKLOAD",
    subcommands = {
      MnistCommand.class,
      GptCommand.class,
      ClassifyCommand.class,
      RegressCommand.class
    })
public final class TrainCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(arity = "0..1", hidden = true)
  private String workload;

  @Option(
      names = "--plot-schedule",
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = "",
      description =
          "Without a workload: plots a learning rate to a file (.svg, .html), or to the terminal,"
              + " and ends.")
  private String plotSchedule;

  @Option(
      names = "--schedule",
      paramLabel = "TEXT",
      defaultValue = "cosine",
      description = "What to plot: ${DEFAULT-VALUE} by default; see docs/training-commands.md.")
  private String schedule;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Over how many steps. Default: ${DEFAULT-VALUE}.")
  private long steps;

  @Option(
      names = "--lr",
      paramLabel = "X",
      defaultValue = "0.001",
      description = "Highest learning rate. Default: ${DEFAULT-VALUE}.")
  private double rate;

  @Override
  public void run() {
    if (plotSchedule != null && workload == null) {
      if (steps < 1) {
        throw new KilnException("--steps must be at least 1, not " + steps);
      }
      ScheduleDrawing.draw(
          Schedules.parse(schedule, rate, steps), steps, plotSchedule, spec.commandLine().getOut());
      return;
    }
    String names = String.join(", ", spec.subcommands().keySet());
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        workload == null
            ? "a WORKLOAD is missing; there are " + names
            : "there is no workload '" + workload + "'; there are " + names);
  }
}
