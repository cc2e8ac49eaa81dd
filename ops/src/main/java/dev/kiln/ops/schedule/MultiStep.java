package dev.kiln.ops.schedule;

import java.util.List;

/**
 * {@code rate gamma^n}, n the milestones reached, as MultiStepLR of PyTorch; a milestone given
 * twice counts twice.
 */
public record MultiStep(double rate, List<Long> milestones, double gamma) implements Schedule {
  public MultiStep {
    milestones = List.copyOf(milestones);
    Require.rate("multistep", "rate", rate);
    Require.rising("multistep", "milestones", milestones);
    Require.rate("multistep", "gamma", gamma);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    int reached = 0;
    while (reached < milestones.size() && step >= milestones.get(reached)) {
      reached++;
    }
    return rate * Math.pow(gamma, reached);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
