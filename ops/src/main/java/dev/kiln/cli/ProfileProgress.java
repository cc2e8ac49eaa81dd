package dev.kiln.cli;

import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.ProfileListener;
import dev.kiln.ops.profile.ProfileRow;
import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a profile is, on standard error: a bar on a terminal, a line for each call elsewhere. */
final class ProfileProgress implements ProfileListener, AutoCloseable {
  private final PrintWriter err;
  private final ProgressBar bar;

  ProfileProgress(PrintWriter err, int count) {
    this.err = err;
    this.bar =
        Boolean.getBoolean("kiln.terminal")
            ? new ProgressBarBuilder()
                .setTaskName("profiling")
                .setInitialMax(count)
                .setStyle(ProgressBarStyle.ASCII)
                .clearDisplayOnFinish()
                .build()
            : null;
  }

  @Override
  public void started(OperationCase ofCase, int number, int count) {
    if (bar != null) {
      bar.setExtraMessage(ofCase.toString());
    } else {
      err.println("%s (%d of %d)".formatted(ofCase, number + 1, count));
      err.flush();
    }
  }

  @Override
  public void finished(ProfileRow row, int number, int count) {
    if (bar != null) {
      bar.step();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
