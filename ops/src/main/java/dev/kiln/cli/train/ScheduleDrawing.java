package dev.kiln.cli.train;

import dev.kiln.ops.report.SchedulePlot;
import dev.kiln.ops.schedule.Schedule;
import java.io.PrintWriter;
import java.nio.file.Path;

/** What {@code --plot-schedule} gives. */
final class ScheduleDrawing {
  private static final int COLUMNS = 72;
  private static final int ROWS = 12;

  private ScheduleDrawing() {}

  /**
   * Draws the learning rate of a run.
   *
   * @param file .svg or .html, whose name is printed; or empty for a drawing in characters
   */
  static void draw(Schedule schedule, long steps, String file, PrintWriter out) {
    var plot = new SchedulePlot(schedule, steps);
    if (file.isEmpty()) {
      out.println(schedule);
      out.print(plot.text(COLUMNS, ROWS));
    } else {
      plot.write(Path.of(file));
      out.println(file);
    }
    out.flush();
  }
}
