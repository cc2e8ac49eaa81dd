package dev.kiln.tests.sim.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.KilnException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Spoilt texts are refused, or run, or stop with a fault; nothing else comes of them. */
class LaunchMutantsTest {
  private static final long SEED = 21;

  private final PtxMutants mutants = new PtxMutants(Suite.originals(), SEED);

  @Test
  void mutantsRunOrStopOrAreRefused() {
    MutantLaunch launch = new MutantLaunch();
    MutantRun run = new MutantRun(mutants, KilnException.class);
    run.run(0, 400, launch);
    assertThat(run.refused()).isGreaterThan(50);
    assertThat(launch.ended()).isGreaterThan(50);
    assertThat(launch.stopped()).isGreaterThan(20);
  }

  @Test
  @Tag("slow")
  void hundredThousandMutantsRunOrStopOrAreRefused() {
    new MutantRun(mutants, KilnException.class).run(400, 100_400, new MutantLaunch());
  }
}
