package dev.kiln.tests.sim.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.ptx.PtxException;
import dev.kiln.runtime.sim.ptx.PtxParser;
import dev.kiln.runtime.sim.ptx.PtxPrinter;
import dev.kiln.tests.sim.fuzz.PtxMutants.Mutant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ParseMutantsTest {
  private static final long SEED = 20;

  private final PtxMutants mutants = new PtxMutants(Suite.originals(), SEED);

  /** What can be read can be printed, and what is printed can be read. */
  private static void parseAndPrint(Mutant mutant) {
    var tree = PtxParser.parse("mutant.ptx", mutant.text());
    String printed = PtxPrinter.print(tree);
    try {
      assertThat(PtxPrinter.print(PtxParser.parse("printed.ptx", printed))).isEqualTo(printed);
    } catch (PtxException e) {
      throw new AssertionError("what was printed is refused: " + e.getMessage(), e);
    }
  }

  @Test
  void mutantsAreParsedOrRefused() {
    var run = new MutantRun(mutants, PtxException.class);
    run.run(0, 800, ParseMutantsTest::parseAndPrint);
    assertThat(run.accepted()).isGreaterThan(100);
    assertThat(run.refused()).isGreaterThan(100);
  }

  @Test
  @Tag("slow")
  void hundredThousandMutantsAreParsedOrRefused() {
    new MutantRun(mutants, PtxException.class).run(800, 100_800, ParseMutantsTest::parseAndPrint);
  }

  @Test
  void aNumberAlwaysGivesTheSameMutant() {
    assertThat(mutants.mutant(7)).isEqualTo(mutants.mutant(7));
    assertThat(mutants.mutant(7).text()).isNotEqualTo(mutants.mutant(8).text());
  }
}
